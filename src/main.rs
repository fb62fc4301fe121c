//! The program: a call.

fn main() -> std::process::ExitCode {
    araneus::cli::main()
}
