//! Commands and their one clear line.

use super::server::{Ended, Place};
use crate::support::{Kind, PASSWORD, soon};
use greentick::server::vault::Vault;
use secrecy::ExposeSecret;
use std::net::TcpListener;

both!(
    people_are_added_listed_and_changed_without_a_browser,
    a_command_begins_no_data_where_there_is_none,
    the_sandbox_alone_says_which_address_is_its_own,
    commands_end_quietly_when_nobody_reads_on,
    a_busy_port_is_said_in_one_line,
    a_folder_that_cannot_be_written_is_said_in_one_line,
    bad_settings_are_said_by_name,
    a_broken_env_file_stops_the_start_and_keeps_its_secrets,
    a_database_of_the_sandbox_is_no_live_one,
    a_start_without_users_says_where_the_setup_link_is,
    the_key_is_rotated_while_serving,
    a_key_from_the_environment_is_asked_for,
);

/// One line on stderr, without a stack of causes.
fn said(ended: &Ended, code: i32) -> String {
    let lines: Vec<&str> = ended.error.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!((ended.code, lines.len()), (Some(code), 1), "{}", ended.error);
    lines[0].strip_prefix("error: ").expect("it says that it is an error").to_owned()
}

async fn people_are_added_listed_and_changed_without_a_browser(kind: Kind) {
    let place = Place::with_data(kind).await;
    let user = |arguments: &[&str], input: &str| place.run(&[&["user"], arguments].concat(), input, &[]);
    let add = ["add", "--email", "Ana@Example.org", "--name", "Ana", "--role", "viewer", "--password-stdin"];
    let added = user(&add, &format!("{PASSWORD}\n"));
    assert_eq!((added.code, added.out.as_str()), (Some(0), "Added ana@example.org as viewer.\n"), "{}", added.error);
    assert!(said(&user(&add, &format!("{PASSWORD}\n")), 1).contains("is taken"));
    assert!(said(&user(&add, "short\n"), 2).contains("at least 12 characters"));
    let changed = user(&["role", "--email", "ana@example.org", "--role", "admin"], "");
    assert_eq!(changed.out, "ana@example.org is now admin.\n");
    assert_eq!(user(&["list"], "").out, "ana@example.org\tadmin\tAna\n");
    assert!(said(&user(&["role", "--email", "eve@example.org", "--role", "admin"], ""), 1).contains("nobody here has"));
    let role = user(&["role", "--email", "ana@example.org", "--role", "king"], "");
    assert!(role.code == Some(2) && role.error.contains("use `admin`, `support` or `viewer`"), "{}", role.error);
    let _server = place.serve(&[]);
    let browser = place.browser();
    let log_in = async |password: &str| {
        browser.post("/login", &[("email", "ana@example.org"), ("password", password)]).await.status
    };
    assert_eq!(log_in(PASSWORD).await, 303);
    let new = user(&["password", "--email", "ana@example.org", "--password-stdin"], "another good password\n");
    assert!(new.out.contains("all sessions have ended"), "{}", new.error);
    assert_eq!(browser.get("/account").await.status, 303);
    assert_eq!((log_in(PASSWORD).await, log_in("another good password").await), (401, 303));
}

async fn a_command_begins_no_data_where_there_is_none(kind: Kind) {
    let place = Place::new(kind).await;
    let folder = place.database.folder().join("elsewhere");
    let there = [("GREENTICK_DATA_DIR", folder.to_str().unwrap()), ("DATABASE_URL", "")];
    let settings: &[_] = if kind == Kind::Sqlite { &there } else { &[] };
    let file = place.file("a.gz");
    let add = ["user", "add", "--email", "ana@example.org", "--name", "Ana", "--role", "admin", "--password-stdin"];
    for command in [
        &["api-key", "add", "--name", "CRM", "--scope", "read"][..],
        &["api-key", "list"],
        &add,
        &["user", "list"],
        &["key", "rotate"],
        &["check", "--deploy"],
        &["backup", &file],
    ] {
        let ended = place.run(command, &format!("{PASSWORD}\n"), settings);
        let line = said(&ended, 1);
        assert!(line.starts_with("there is no data in ") && line.contains("`greentick serve`"), "{command:?} {line}");
        assert_eq!(ended.out, "", "{command:?}");
    }
    assert!(!folder.exists() && !place.database.folder().join("secret.key").exists(), "nothing is left behind");
}

async fn the_sandbox_alone_says_which_address_is_its_own(kind: Kind) {
    let place = Place::new(kind).await;
    let line = said(&place.run(&["sandbox", "--addr", "127.0.0.1:4100"], "", &[]), 2);
    assert_eq!(line, "--addr is where Greentick itself listens; for the sandbox say --sandbox-addr");
}

async fn commands_end_quietly_when_nobody_reads_on(kind: Kind) {
    let place = Place::new(kind).await;
    for (arguments, code) in [(&["migrate"][..], 0), (&["check", "--deploy"], 1), (&["user", "list"], 0)] {
        let ended = place.run_unheard(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments:?} {}", ended.error);
        assert!(!ended.error.contains("panicked") && !ended.error.contains("error:"), "{arguments:?} {}", ended.error);
    }
    let added = ["api-key", "add", "--name", "CRM", "--scope", "read"];
    assert_eq!(place.run_unheard(&added).code, Some(0));
    assert!(place.run(&["api-key", "list"], "", &[]).out.contains("CRM"), "what was asked was done");
}

async fn a_busy_port_is_said_in_one_line(kind: Kind) {
    let place = Place::new(kind).await;
    let busy = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _held = TcpListener::bind(busy).unwrap();
    let address = busy.to_string();
    let line = said(&place.run(&["serve"], "", &[("GREENTICK_ADDR", &address)]), 1);
    let expected =
        format!("{address} is in use by another program. Stop that program, or set GREENTICK_ADDR to another address.");
    assert_eq!(line, expected);
}

async fn a_folder_that_cannot_be_written_is_said_in_one_line(kind: Kind) {
    let place = Place::new(kind).await;
    let file = place.database.folder().join("a-file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("data").display().to_string();
    let line = said(&place.run(&["serve"], "", &[("GREENTICK_DATA_DIR", &below)]), 1);
    assert!(line.starts_with(&format!("GREENTICK_DATA_DIR: {below}: ")), "{line}");
    assert!(line.ends_with("Give Greentick a folder of its own."), "{line}");
}

async fn bad_settings_are_said_by_name(kind: Kind) {
    let place = Place::new(kind).await;
    for (name, value, why) in [
        ("GREENTICK_ADDR", "nowhere", "`nowhere` is no address"),
        ("GREENTICK_PUBLIC_URL", "https://a.example/b", "must end after the host"),
        ("GREENTICK_TRUSTED_PROXIES", "10.0.0.0/99", "neither an address nor a network"),
        ("DATABASE_URL", "mysql://x", "use `sqlite://"),
        ("WHATSAPP_API_VERSION", "25", "is no version"),
        ("WHATSAPP_APP_ID", "+1 631", "it has digits only"),
        ("WHATSAPP_CONFIG_ID", "mine", "it has digits only"),
        ("WHATSAPP_VERIFY_TOKEN", "short", "8"),
        ("GREENTICK_SECRET_KEY", "c2hvcnQ=", "a secret key must be 32 bytes in base64"),
        ("META_GRAPH_URL", "http://graph.example", "must be https"),
        ("WHATSAPP_APP_SECRET_FILE", "/nowhere/secret", "cannot be read"),
    ] {
        // A file counts where the variable itself is empty.
        let empty = ("WHATSAPP_APP_SECRET", "");
        let more: Vec<_> = if name.ends_with("_FILE") { vec![(name, value), empty] } else { vec![(name, value)] };
        let line = said(&place.run(&["serve"], "", &more), 2);
        let name = name.trim_end_matches("_FILE");
        assert!(line.starts_with(&format!("{name}: ")) && line.contains(why), "{line}");
    }
}

async fn a_broken_env_file_stops_the_start_and_keeps_its_secrets(kind: Kind) {
    let place = Place::new(kind).await;
    let file = place.database.folder().join(".env");
    let behind = "WHATSAPP_API_VERSION='25'\n";
    std::fs::write(&file, format!("# Ours.\nWHATSAPP_VERIFY_TOKEN=open sesame now\n{behind}")).unwrap();
    let line = said(&place.run(&["migrate"], "", &[]), 2);
    assert!(line.starts_with(&format!("{}, line 2: it cannot be read.", file.display())), "{line}");
    assert!(line.contains("NAME='value'") && !line.contains("sesame"), "{line}");
    std::fs::write(&file, format!("# Ours.\nWHATSAPP_VERIFY_TOKEN='open sesame now'\n{behind}")).unwrap();
    assert!(
        said(&place.run(&["migrate"], "", &[]), 2).starts_with("WHATSAPP_API_VERSION: "),
        "what stands behind it counts"
    );
    // Not text at all: as unreadable as one that belongs to somebody else, for root too.
    std::fs::write(&file, [0xff, 0xfe]).unwrap();
    assert!(said(&place.run(&["migrate"], "", &[]), 2).starts_with(&format!("{}: ", file.display())));
}

async fn a_database_of_the_sandbox_is_no_live_one(kind: Kind) {
    let place = Place::new(kind).await;
    assert_eq!(place.run(&["migrate"], "", &[]).out, "The database is up to date.\n");
    let stamp = "update installation set value = 'sandbox' where name = $1";
    assert_eq!(place.database.execute(stamp, &["mode"]).await, 1);
    for arguments in [&["serve"][..], &["migrate"], &["user", "list"]] {
        let line = said(&place.run(arguments, "", &[]), 1);
        assert!(line.starts_with("this database belongs to a sandbox installation"), "{line}");
    }
}

async fn a_start_without_users_says_where_the_setup_link_is(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.serve(&[]);
    let file = place.database.folder().join("setup-link");
    let link = std::fs::read_to_string(&file).unwrap();
    let link = link.trim();
    // As for a journal: nobody who reads it later makes an admin of themselves.
    let told = format!("Make the first admin account:  with the link in {}\n", file.display());
    assert!(server.said.contains(&told) && !server.said.contains("token="), "{}", server.said);
    let mut private = vec![file.clone()];
    let held = std::fs::read_dir(place.database.folder()).unwrap().map(|entry| entry.unwrap().path());
    private.extend(held.filter(|path| path.extension().is_some_and(|ending| ending == "lock")));
    assert_eq!(private.len(), if kind == Kind::Sqlite { 2 } else { 1 }, "{private:?}");
    #[cfg(unix)]
    for file in private {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    let browser = place.browser();
    soon(async || (browser.get("/readyz").await.status == 200).then_some(())).await;
    let (_, path) = link.split_once(&place.address).unwrap();
    assert!(browser.page(path).await.contains("name=\"password\""));
}

async fn the_key_is_rotated_while_serving(kind: Kind) {
    let place = Place::new(kind).await;
    let _server = place.serve(&[]);
    let file = place.database.folder().join("secret.key");
    let before = std::fs::read_to_string(&file).unwrap();
    let rotated = place.run(&["key", "rotate"], "", &[]);
    assert_eq!(rotated.code, Some(0), "{}", rotated.error);
    assert!(
        rotated.out.contains("A new key is in front.") && rotated.out.contains("installation.sealed: "),
        "{}",
        rotated.out
    );
    let after = std::fs::read_to_string(&file).unwrap();
    let keys: Vec<&str> = after.lines().collect();
    assert!(keys.len() == 2 && keys[1] == before.trim() && keys[0] != keys[1], "the old key stays behind the new one");
    assert!(keys.iter().all(|key| !rotated.out.contains(key) && !rotated.error.contains(key)), "keys are not printed");
    assert_eq!(place.browser().get("/readyz").await.status, 200);
    let once_more = place.run(&["key", "rotate"], "", &[]);
    assert_eq!((once_more.code, std::fs::read_to_string(&file).unwrap().lines().count()), (Some(0), 3));
}

async fn a_key_from_the_environment_is_asked_for(kind: Kind) {
    let place = Place::new(kind).await;
    let (old, new) = (Vault::new_key(), Vault::new_key());
    assert_eq!(place.run(&["migrate"], "", &[("GREENTICK_SECRET_KEY", old.expose_secret())]).code, Some(0));
    let rotate = |keys: &str| place.run(&["key", "rotate"], "", &[("GREENTICK_SECRET_KEY", keys)]);
    let line = said(&rotate(old.expose_secret()), 1);
    assert!(line.contains("put a new one in front") && line.contains("run this again"), "{line}");
    let both = format!("{},{}", new.expose_secret(), old.expose_secret());
    let rotated = rotate(&both);
    assert!(
        rotated.code == Some(0) && rotated.out.contains("finishing with the present first key"),
        "{}",
        rotated.error
    );
    // The old key is not needed any more.
    assert!(said(&rotate(new.expose_secret()), 1).contains("put a new one in front"));
}
