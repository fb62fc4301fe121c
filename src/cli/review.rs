//! `araneus review`: the review page on this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;
use serde_json::json;

use super::{
    CommandError, Common, answer, clock::now, config, console::Console, require_archive, user::reviewer,
};
use crate::{explain, run::audience, web};

/// Arguments of `araneus review`.
#[derive(Args)]
pub(super) struct ReviewArgs {
    /// The run: a date, or the beginning of its folder's name [default: latest]
    run: Option<String>,
    /// Port to listen on [default: a free one]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Address to listen on. Other machines may then reach the page, without encryption
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Name of the reviewer [default: the user of the system]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Show delivery, path and position of a record, which only the data steward may know
    #[arg(long)]
    steward: bool,
}

/// Serves the review page until an interrupt.
pub(super) fn review(common: &Common, args: &ReviewArgs, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    let audience = match &answer::readers_of(common, &config)[..] {
        [one] => one.clone(),
        several => {
            return Err(CommandError::Usage(format!(
                "there are several audiences; add --audience with one of: {}",
                several.join(", ")
            )));
        }
    };
    let of_name = config.rules.audiences_of_run().into_iter().find(|known| known.name == audience);
    if let Some(known) = of_name {
        audience::refuse_purposes(&config.rules, &known)?;
    }
    let run = explain::run_folder(&config.out, args.run.as_deref())?;
    let by = reviewer(args.by.as_deref())?;
    let options = web::Options {
        config,
        audience: audience.clone(),
        run,
        by: by.clone(),
        is_steward: args.steward,
        address: SocketAddr::new(args.bind, args.port),
        now,
    };
    let server = web::bind(options)?;
    if !args.bind.is_loopback() {
        console.say(&format!(
            "the page is reachable at {} from other machines, and nothing is encrypted; a person who reads the \
             traffic sees the results of {audience} and can judge as {by}",
            args.bind
        ));
    }
    let url = server.url();
    if common.json {
        out!("{}", json!({ "url": url, "audience": audience, "by": by }));
    } else {
        console.say(&format!(
            "Review page of {audience} for {by}. Open this address; it works once. Ctrl-C ends."
        ));
        out!("{url}");
    }
    server.serve()?;
    Ok(0)
}
