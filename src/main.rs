//! The command `gpt-cost`: see [`gpt_cost::cli`].

fn main() -> std::process::ExitCode {
    gpt_cost::cli::run(std::env::args_os())
}
