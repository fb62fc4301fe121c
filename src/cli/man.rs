//! `araneus man`: the manual page of the program, or of one command.

use clap::CommandFactory;

use super::{Araneus, CommandError};

/// Returns the page of the command with these words; of the program without words.
pub(super) fn page(words: &[String]) -> Result<String, CommandError> {
    let mut program = Araneus::command().disable_help_subcommand(true);
    // Gives each command its whole name and the options that all commands have.
    program.build();
    let mut command = &program;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| {
            CommandError::Usage(format!("no command has the name `{}`", words.join(" ").escape_debug()))
        })?;
    }
    let mut page = Vec::new();
    // Commands of the program have no version of their own.
    let man = clap_mangen::Man::new(command.clone()).source(concat!("araneus ", env!("CARGO_PKG_VERSION")));
    man.render(&mut page).expect("writing to memory");
    Ok(String::from_utf8_lossy(&page).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn every_page_that_a_page_names_exists() {
        let mut waiting = vec![Vec::new()];
        let mut pages = 0;
        while let Some(words) = waiting.pop() {
            let text = page(&words).expect("a page");
            let name = ["araneus".to_owned()].iter().chain(&words).cloned().collect::<Vec<_>>().join("-");
            assert!(text.contains(&format!(".TH {name} 1")), "{name}: {text:.200}");
            for line in text.lines().filter_map(|line| line.strip_suffix("(1)")) {
                let named = line.replace('\\', "");
                let word = named.strip_prefix(&format!("{name}-")).expect("a command of this command");
                waiting.push([words.clone(), vec![word.to_owned()]].concat());
            }
            pages += 1;
        }
        assert!(pages > 20, "{pages} pages");
        assert!(page(&["no-such-command".to_owned()]).is_err());
    }
}
