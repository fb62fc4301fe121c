//! The review page through its socket: sessions, checks of requests, verdicts, conflicts, and an end in the middle.

use std::{fs, sync::mpsc, thread, time::Duration};

use serde_json::Value;

use crate::{
    fixtures::{EMERGING, Fixture, RUN_TIMES, background::CONFIGURATION},
    review_client::{Review, form},
    support::Deployment,
};

fn judgements(deployment: &Deployment) -> Vec<Value> {
    let output = deployment.ask(&["judgements", "export"]);
    output.ends_with(0).stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn ids(deployment: &Deployment) -> Vec<String> {
    let id = |judgement: &Value| judgement["judgement_id"].as_str().expect("an id").to_owned();
    judgements(deployment).iter().map(id).collect()
}

#[test]
fn only_the_browser_with_the_token_gets_pages_and_only_own_forms_are_accepted() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let review = Review::start(&fixture.deployment, &["--by", "ana"]);
    let get =
        |path: &str, headers: &[(&str, &str)]| review.send("GET", path, headers, "").expect("an answer");

    // Without the cookie there is no page, and a wrong token gives none.
    for path in ["/queue", "/run", "/judgements", "/help", "/nowhere", "/flag/x"] {
        assert_eq!(get(path, &[]).status, 401, "{path}");
    }
    assert_eq!(get("/", &[]).status, 403);
    assert_eq!(get("/?token=0123", &[]).status, 403);

    // The token works once.
    let entrance = format!("/?token={}", review.token);
    assert_eq!(get(&entrance, &[("Host", "evil.example")]).status, 421, "a refused request uses up no token");
    let entered = get(&entrance, &[]);
    assert_eq!((entered.status, entered.header("location")), (303, "/queue"));
    let set = entered.header("set-cookie");
    assert!(
        set.contains("; HttpOnly") && set.contains("; SameSite=Strict") && !set.contains(&review.token),
        "{set}"
    );
    assert_eq!(get(&entrance, &[]).status, 403);
    let cookie = set.split(';').next().unwrap_or_default();
    let queue = get("/queue", &[("Cookie", cookie)]);
    assert_eq!(queue.status, 200);
    assert_eq!(get("/queue", &[("Cookie", &cookie[..cookie.len() - 1])]).status, 401);

    // Every response has the headers, also an error.
    for answer in
        [&queue, &get("/queue", &[]), &get("/static/app.css", &[]), &get("/nowhere", &[("Cookie", cookie)])]
    {
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("data:") && !policy.contains('*'), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value);
        }
    }
    assert!(
        !queue.body.contains(" style=") && !queue.body.contains("<style") && !queue.body.contains(" onclick")
    );

    // A foreign name that leads to this machine is not a name of the server.
    for host in ["evil.example", &format!("evil.example:{}", review.port), "127.0.0.1", "127.0.0.1:1"] {
        assert_eq!(get("/queue", &[("Host", host), ("Cookie", cookie)]).status, 421, "{host}");
    }
    let local = format!("localhost:{}", review.port);
    assert_eq!(get("/queue", &[("Host", &local), ("Cookie", cookie)]).status, 200);

    // A form needs the origin, the cookie and the token of the session.
    let flag = queue.attribute("data-flag=\"");
    let path = format!("/flag/{flag}/judgement");
    let origin = format!("http://{}", review.host());
    let csrf = queue.attribute("data-csrf=\"");
    let body = form(&[("csrf", &csrf), ("value", "benign")]);
    let post = |headers: &[(&str, &str)], body: &str| {
        review.send("POST", &path, headers, body).expect("an answer").status
    };
    assert_eq!(post(&[("Cookie", cookie)], &body), 403, "no origin");
    for foreign in
        ["http://evil.example", "null", &format!("https://{}", review.host()), "http://127.0.0.1:1"]
    {
        assert_eq!(post(&[("Cookie", cookie), ("Origin", foreign)], &body), 403, "{foreign}");
    }
    assert_eq!(post(&[("Origin", &origin)], &body), 401, "no cookie");
    let own = [("Cookie", cookie), ("Origin", origin.as_str())];
    assert_eq!(post(&own, "value=benign"), 403, "no token");
    assert_eq!(post(&own, &form(&[("csrf", &review.token), ("value", "benign")])), 403, "another token");
    assert_eq!(post(&own, &format!("{body}&note={}", "x".repeat(20_000))), 413, "a long body");
    assert_eq!(post(&own, &form(&[("csrf", &csrf), ("value", "withdrawn")])), 422);
    assert_eq!(post(&own, &form(&[("csrf", &csrf), ("value", "same")])), 422);
    assert_eq!(post(&own, &form(&[("csrf", &csrf), ("value", "benign"), ("reason_code", "x")])), 422);
    assert_eq!(review.send("PUT", &path, &own, &body).expect("an answer").status, 405);
    let unknown = format!("/flag/flag-{}/judgement", "0".repeat(20));
    assert_eq!(review.send("POST", &unknown, &own, &body).expect("an answer").status, 404);
    assert!(judgements(&fixture.deployment).is_empty(), "nothing was stored");
    assert_eq!(post(&own, &body), 303);
    assert_eq!(judgements(&fixture.deployment).len(), 1);
}

#[test]
fn a_verdict_is_stored_shown_and_withdrawn() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let review = Review::open(&fixture.deployment, &["--by", "ana"]);
    let flags = review.flags();
    assert!(flags.len() >= 3, "{flags:?}");
    let card = review.get(&format!("/flag/{}", flags[0]));
    assert_eq!((card.status, card.attribute("name=\"seen\" value=\"").as_str()), (200, ""));
    for part in
        ["id=\"evidence\"", "id=\"graph\"", "id=\"timeline\"", "<svg", "/record/record-", "Reliability"]
    {
        assert!(card.body.contains(part), "no {part}");
    }
    assert_eq!(card.attribute("data-next=\""), format!("/flag/{}", flags[1]));

    let path = format!("/flag/{}/judgement", flags[0]);
    let fields = [
        ("value", "confirmed"),
        ("reason_code", "independent-evidence"),
        ("note", "seen <b>twice</b>"),
        ("seen", ""),
    ];
    let saved = review.post(&path, &fields).expect("an answer");
    assert_eq!(saved.status, 200, "{saved:?}");
    let id = saved.json()["judgement_id"].as_str().expect("an id").to_owned();
    assert_eq!(saved.json()["next"], format!("/flag/{}", flags[1]));
    let stored = judgements(&fixture.deployment);
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0]["judgement_id"], id);
    assert_eq!((&stored[0]["by"], &stored[0]["value"]), (&"ana".into(), &"confirmed".into()));
    assert_eq!((&stored[0]["reason_code"], &stored[0]["note"]), (&fields[1].1.into(), &fields[2].1.into()));
    assert!(stored[0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()));

    // The queue and the card show it at once, and a note is text.
    let card = review.get(&format!("/flag/{}", flags[0]));
    assert_eq!(card.attribute("name=\"seen\" value=\""), id);
    assert!(card.body.contains("seen &#60;b&#62;twice&#60;/b&#62;"), "{}", card.body);
    assert!(review.get("/queue?state=judged").body.contains(&flags[0]));
    assert!(!review.get("/queue?state=left").body.contains(&flags[0]));

    // A form without JavaScript leads to the next flag, and can be taken back there.
    let answer =
        review.post_form(&format!("/flag/{}/judgement", flags[1]), &[("value", "benign"), ("seen", "")]);
    assert_eq!(answer.status, 303);
    let next = review.get(answer.header("location"));
    let withdraw = next.attribute("action=\"/judgements/");
    let withdraw = format!("/judgements/{withdraw}");
    assert!(withdraw.ends_with("/withdraw"), "{withdraw}");
    assert_eq!(review.post_form(&withdraw, &[]).status, 303);
    let stored = judgements(&fixture.deployment);
    assert_eq!(stored.len(), 3);
    assert_eq!(
        (&stored[2]["value"], &stored[2]["other_id"]),
        (&"withdrawn".into(), &stored[1]["judgement_id"])
    );
    assert!(review.get("/queue?state=left").body.contains(&flags[1]), "it waits again");
    // A repeated withdrawal adds nothing; nobody withdraws what another person decided.
    assert_eq!(review.post(&withdraw, &[]).expect("an answer").status, 200);
    let other = Review::open(&fixture.deployment, &["--by", "ben"]);
    assert_eq!(other.post(&format!("/judgements/{id}/withdraw"), &[]).expect("an answer").status, 422);
    assert_eq!(judgements(&fixture.deployment).len(), 3);

    // The stored file can be imported again, and the next run uses the verdict.
    let exported = fixture.deployment.ask(&["judgements", "export"]).stdout;
    let file = fixture.deployment.write("exported.jsonl", exported);
    let again = fixture.deployment.ask(&["judgements", "import", &file, "--json"]);
    assert!(again.ends_with(0).stdout.contains("\"added\":0"), "{}", again.stdout);
}

#[test]
fn the_second_of_two_tabs_sees_a_conflict_and_two_people_who_differ_contest_the_flag() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let (ana, ben) = (
        Review::open(&fixture.deployment, &["--by", "ana"]),
        Review::open(&fixture.deployment, &["--by", "ben"]),
    );
    let flag = ana.flags().remove(0);
    let first = ana.judge(&flag, "confirmed", "");
    let id = first.json()["judgement_id"].as_str().expect("an id").to_owned();

    // The same form again, as after a lost answer: it is stored once.
    let again = ana.judge(&flag, "confirmed", "");
    assert_eq!((again.status, &again.json()["judgement_id"]), (200, &id.as_str().into()));
    // Another tab with the old card: nothing is stored.
    for review in [&ana, &ben] {
        let second = review.judge(&flag, "benign", "");
        assert_eq!(second.status, 409, "{second:?}");
        assert_eq!(second.json()["conflict"]["by"], "ana");
        let path = format!("/flag/{flag}/judgement");
        let page = review.post_form(&path, &[("value", "benign"), ("seen", "")]);
        assert_eq!(page.status, 409);
        assert!(page.body.contains("was not saved"), "{}", page.body);
        assert_eq!(page.attribute("name=\"seen\" value=\""), id, "the next form knows the other verdict");
    }
    assert_eq!(ids(&fixture.deployment), [id.as_str()]);

    // Ben read the card with the verdict of Ana, and differs.
    assert_eq!(ben.judge(&flag, "benign", &id).status, 200);
    for review in [&ana, &ben] {
        let card = review.get(&format!("/flag/{flag}"));
        assert!(card.body.contains("Contested."), "{}", card.body);
        assert!(card.body.contains("<strong>confirmed</strong> by <bdi>ana</bdi>"), "{}", card.body);
        assert!(card.body.contains("<strong>benign</strong> by <bdi>ben</bdi>"), "{}", card.body);
        assert!(review.get("/queue?state=contested").body.contains(&flag));
    }
    // One of them takes the verdict back.
    let own = ben.get(&format!("/flag/{flag}")).attribute("name=\"seen\" value=\"");
    assert_eq!(ben.post(&format!("/judgements/{own}/withdraw"), &[]).expect("an answer").status, 200);
    assert!(!ana.get(&format!("/flag/{flag}")).body.contains("Contested."));
}

#[test]
fn a_verdict_is_stored_while_a_run_holds_the_lock() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let review = Review::open(&fixture.deployment, &["--by", "ana"]);
    let flag = review.flags().remove(0);
    let lock =
        fs::File::options().write(true).open(fixture.deployment.path("state/lock")).expect("the lock's file");
    lock.lock().expect("no other process holds the lock");
    fixture.deployment.run(RUN_TIMES[0], &[]).ends_with(8);
    assert_eq!(review.judge(&flag, "benign", "").status, 200);
    lock.unlock().expect("held");
    assert_eq!(judgements(&fixture.deployment).len(), 1);
}

#[test]
fn people_who_judge_at_the_same_time_lose_nothing() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let names = ["ana", "ben", "cid"];
    let reviews = names.map(|name| Review::open(&fixture.deployment, &["--by", name]));
    let flags = reviews[0].flags();
    thread::scope(|scope| {
        for review in &reviews {
            for flag in &flags {
                scope.spawn(move || {
                    // Each person repeats after a conflict, as a person would who reads the card again.
                    let mut seen = String::new();
                    loop {
                        let answer = review.judge(flag, "confirmed", &seen);
                        if answer.status == 200 {
                            break;
                        }
                        assert_eq!(answer.status, 409, "{answer:?}");
                        answer.json()["conflict"]["judgement_id"]
                            .as_str()
                            .expect("an id")
                            .clone_into(&mut seen);
                    }
                });
            }
        }
    });
    let stored = judgements(&fixture.deployment);
    assert_eq!(stored.len(), names.len() * flags.len());
    for flag in &flags {
        for name in names {
            let own = stored.iter().filter(|one| one["by"] == name && one["subject_id"] == flag.as_str());
            assert_eq!(own.count(), 1, "{flag} by {name}");
        }
    }
}

#[test]
fn a_server_that_is_killed_while_it_saves_loses_and_doubles_nothing() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let deployment = &fixture.deployment;
    let mut acknowledged: Vec<String> = Vec::new();
    let mut unanswered = 0;
    for round in 0..24_u64 {
        let mut review = Review::open(deployment, &["--by", "ana"]);
        let flag = review.flags().remove(0);
        let mut seen = ids(deployment).pop().unwrap_or_default();
        let (started, wait) = mpsc::channel();
        // Each verdict differs from the one before, so that a repeated form is recognised by its place only.
        let value = |number: usize| ["benign", "confirmed"][number % 2];
        let (port, cookie, csrf) = (review.port, review.cookie.clone(), review.csrf.clone());
        let from = acknowledged.len();
        let known = seen.clone();
        let posting = thread::spawn({
            let flag = flag.clone();
            move || {
                let client = Remote { port, cookie, csrf };
                let mut saved = Vec::new();
                let mut seen = known;
                loop {
                    if started.send(()).is_err() {
                        return saved;
                    }
                    let Some(id) = client.judge(&flag, value(from + saved.len()), &seen) else {
                        return saved;
                    };
                    saved.push(id.clone());
                    seen = id;
                }
            }
        });
        // The end comes at another moment of the third request in each round.
        for _ in 0..3 {
            wait.recv().expect("a request starts");
        }
        let _ = wait.recv_timeout(Duration::from_micros(round * 170));
        review.child.kill().expect("the server is killed");
        review.child.wait().expect("it ended");
        drop(wait);
        acknowledged.extend(posting.join().expect("the client ends"));
        seen = acknowledged.last().cloned().unwrap_or(seen);

        let stored = ids(deployment);
        assert_eq!(
            stored[..acknowledged.len()],
            acknowledged[..],
            "round {round}: an answered verdict is stored, once"
        );
        let extra = stored.len() - acknowledged.len();
        assert!(extra <= 1, "round {round}: {stored:?}");
        unanswered += extra;
        // The person sends the form again, and then there is one verdict more, stored or not.
        let review = Review::open(deployment, &["--by", "ana"]);
        let again = review.judge(&flag, value(acknowledged.len()), &seen);
        assert_eq!(again.status, 200, "{again:?}");
        acknowledged.push(again.json()["judgement_id"].as_str().expect("an id").to_owned());
        assert_eq!(ids(deployment), acknowledged, "round {round}");
    }
    deployment.ask(&["verify"]).ends_with(0);
    println!("{} verdicts; {unanswered} of 24 were stored without an answer", acknowledged.len());
}

/// A client that moves into a thread.
struct Remote {
    port: u16,
    cookie: String,
    csrf: String,
}

impl Remote {
    /// Posts a verdict; returns the id of the judgement, `None` without an answer.
    fn judge(&self, flag: &str, value: &str, seen: &str) -> Option<String> {
        use std::{
            io::{Read, Write},
            net::TcpStream,
        };
        let body = form(&[("csrf", &self.csrf), ("value", value), ("seen", seen)]);
        let Self { port, cookie, .. } = self;
        let request = format!(
            "POST /flag/{flag}/judgement HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
             Cookie: {cookie}\r\nAccept: application/json\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", *port)).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (_, json) = text.split_once("\r\n\r\n")?;
        let answer: Value = serde_json::from_str(json).ok()?;
        answer["judgement_id"].as_str().map(str::to_owned)
    }
}

#[test]
fn an_audience_must_be_named_if_there_are_several_and_a_reviewer_needs_a_name() {
    let configuration = format!(
        "{CONFIGURATION}\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n[[audience]]\nname = \"insiders\"\nclearance = \"TLP:RED\"\n"
    );
    let mut fixture = Fixture::after_background(&configuration);
    fixture.run(RUN_TIMES[0], &EMERGING);
    let output = fixture.deployment.ask(&["review"]);
    assert!(output.ends_with(2).stderr.contains("partners"), "{}", output.stderr);
    fixture.deployment.ask(&["review", "--audience", "strangers"]).ends_with(2);
    fixture.deployment.ask(&["review", "--audience", "partners", "--by", " "]).ends_with(2);
    fixture.deployment.ask(&["review", "--audience", "partners", "2020-01-01"]).ends_with(2);
}
