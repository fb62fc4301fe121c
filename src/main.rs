//! The program `araneus`. It calls the command line of the library.

/// Allocator for the millions of short texts in records, which all threads create at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    araneus::cli::main()
}
