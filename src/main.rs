//! The program: a call.

/// Records are millions of short texts, made by all threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    araneus::cli::main()
}
