use super::*;
use crate::domain::explained::search;
use std::collections::BTreeSet;

#[test]
fn the_subcode_decides_where_there_is_one() {
    assert_eq!(find(190, Some(463), "", 401).key, "token_expired");
    assert_eq!(find(190, Some(999), "", 401).key, "token_invalid");
    assert_eq!(find(102, Some(460), "", 401).key, "password_changed");
    assert_eq!(find(100, Some(36007), "", 400).kind, Kind::CodeExpired);
    assert_eq!(find(100, Some(2_388_001), "", 400).kind, Kind::NotReadyYet);
    assert_eq!(find(2_388_001, None, "", 400).kind, Kind::NotReadyYet);
    assert_eq!(find(100, Some(2_388_777), "", 400).key, "invalid_parameter");
    assert_eq!(find(100, None, "(#100) Invalid parameter", 400).kind, Kind::Other);
}

#[test]
fn texts_tell_apart_what_the_code_does_not() {
    assert_eq!(find(1, None, "Error validating client secret.", 400).key, "wrong_app_secret");
    assert_eq!(find(1, None, "An unknown error occurred", 500).kind, Kind::Passing);
    assert_eq!(find(100, None, "(#100) Tried accessing nonexisting field (x)", 400).kind, Kind::UnknownField);
    assert_eq!(find(190, None, "The access token could not be decrypted", 401).key, "token_damaged");
    assert_eq!(find(190, Some(467), "The access token could not be decrypted", 401).kind, Kind::TokenDead);
    assert_eq!(find(2500, None, "An active access token must be used to query", 400).key, "token_missing");
    assert_eq!(find(200, None, "", 403).kind, Kind::Permission);
    assert_eq!(find(299, None, "", 403).kind, Kind::Permission);
}

#[test]
fn a_code_of_its_own_goes_before_its_range() {
    assert_eq!(find(132_001, None, "", 400).key, "template_missing");
    assert_eq!(find(132_900, None, "", 400).key, "template_sending_other");
    assert_eq!(find(131_207, None, "", 400).key, "groups");
    assert_eq!(find(138_006, None, "", 400).key, "call_permission");
}

#[test]
fn an_unknown_code_is_a_refusal_and_a_5xx_passes() {
    assert_eq!(find(987_654, None, "", 400).kind, Kind::Other);
    assert_eq!(find(987_654, None, "", 503).kind, Kind::Passing);
    assert!(explain(find(987_654, None, "", 400).key).is_some());
}

/// Transcribed from the fact base: §1.3, §3.5, §3.8, §4.8 and §§6.3–6.8.
#[rustfmt::skip]
const FACT_BASE: &[(i64, Option<i64>)] = &[
    // §1.3
    (100, Some(36007)), (100, Some(36009)), (100, Some(36008)), (101, None), (191, None),
    // §3.5 and §3.8, and what the window reports
    (2_655_081, None), (2_655_055, None), (1_752_004, None), (1_752_140, None), (2_455_008, None), (2_494_149, None), (2_446_325, None),
    (1_690_214, None), (2_388_098, None), (1_752_089, None), (2_494_067, None), (1_690_114, None), (1_690_089, None), (1_690_091, None),
    (1_690_062, None), (1_690_090, None), (2_593_010, None), (3_771_014, None), (2_388_009, None), (2_388_010, None), (2_655_091, None),
    (2_593_107, None), (2_593_108, None), (2_593_109, None), (524_126, None),
    // §6.3
    (0, None), (190, None), (190, Some(458)), (190, Some(459)), (190, Some(460)), (190, Some(463)), (190, Some(464)), (190, Some(467)),
    (190, Some(492)), (102, None), (102, Some(458)), (102, Some(463)), (104, None), (3, None), (10, None), (200, None), (250, None),
    (299, None), (2500, None), (368, None), (130_497, None), (131_031, None),
    // §6.4
    (1, None), (2, None), (4, None), (17, None), (32, None), (341, None), (613, None), (33, None), (100, None), (100, Some(33)),
    (506, None), (80007, None), (80008, None), (130_429, None), (131_048, None), (131_056, None), (131_064, None), (133_016, None),
    // §6.5
    (130_403, None), (130_472, None), (131_000, None), (131_005, None), (131_008, None), (131_009, None), (131_016, None), (131_021, None),
    (131_026, None), (131_030, None), (131_037, None), (131_041, None), (131_042, None), (131_044, None), (131_045, None), (131_047, None),
    (131_049, None), (131_050, None), (131_051, None), (131_052, None), (131_053, None), (131_055, None), (131_057, None), (131_059, None),
    (131_060, None), (131_062, None), (131_063, None), (131_201, None), (131_208, None), (131_215, None), (134_100, None), (134_101, None),
    (134_102, None), (134_011, None), (135_000, None), (1_752_041, None), (137_000, None), (138_000, None), (138_006, None), (138_018, None),
    (139_000, None), (139_103, None), (147_001, None), (147_005, None),
    // §6.6
    (132_000, None), (132_001, None), (132_005, None), (132_007, None), (132_008, None), (132_012, None), (132_015, None), (132_016, None),
    (132_018, None), (132_068, None), (132_069, None), (100, Some(2_388_019)), (100, Some(2_388_039)), (100, Some(2_388_040)),
    (100, Some(2_388_047)), (100, Some(2_388_072)), (100, Some(2_388_073)), (100, Some(2_388_293)), (100, Some(2_388_299)),
    (100, Some(2_388_024)), (192, None), (200_002, None), (100, Some(2_388_109)), (200_005, None), (200_006, None), (200_007, None),
    // §4.8 and §6.7
    (133_000, None), (133_004, None), (133_005, None), (133_006, None), (133_008, None), (133_009, None), (133_010, None), (133_015, None),
    (136_024, None), (136_025, None), (2_388_001, None), (2_388_012, None), (2_388_091, None), (2_388_093, None), (2_388_103, None),
    (2_494_100, None), (2_207_051, None),
    // §6.8
    (141_002, None), (141_006, None), (141_010, None), (138_024, None), (138_025, None),
    // the pains' own
    (2200, None), (4_563_039, None), (100, Some(2_388_001)),
];

/// Whole families of codes: whatever Meta invents in them has words.
const RANGES: [(i64, i64); 9] = [
    (200, 299),
    (131_201, 131_215),
    (132_000, 132_999),
    (133_000, 133_999),
    (2_388_000, 2_388_999),
    (2_593_000, 2_593_999),
    (138_000, 138_999),
    (139_000, 139_999),
    (147_000, 147_999),
];

#[test]
fn every_code_of_the_fact_base_has_an_entry_and_a_search_finds_it() {
    let all = explain_all();
    for (code, subcode) in FACT_BASE {
        let row = find(*code, *subcode, "", 400);
        assert_ne!(row.key, "meta_refused", "{code}/{subcode:?}");
        let query = subcode.map_or_else(|| code.to_string(), |subcode| format!("{code}/{subcode}"));
        let page = search(all.clone(), &query);
        let found = page.groups.iter().flat_map(|group| &group.entries).any(|entry| entry.key == row.key);
        assert!(found, "searching {query} does not find {}", row.key);
    }
    for (from, to) in RANGES {
        for code in from..=to {
            assert_ne!(find(code, None, "", 400).key, "meta_refused", "{code}");
        }
    }
}

/// §6.9: what may be tried again by itself, and what never.
#[test]
fn what_may_be_tried_again_is_as_the_fact_base_says() {
    let passes = [
        1, 2, 4, 17, 32, 341, 613, 80007, 130_429, 131_000, 131_016, 131_056, 131_057, 133_004, 133_015, 134_101,
        2_494_100,
    ];
    for code in passes {
        assert!(!matches!(find(code, None, "", 400).again, Again::No | Again::Unknown), "{code}");
    }
    for code in [190, 10, 200, 100, 368, 131_047, 132_000, 132_001, 132_007] {
        assert_eq!(find(code, None, "", 400).again, Again::No, "{code}");
    }
    for code in [131_049, 131_048, 133_016] {
        assert!(matches!(find(code, None, "", 400).again, Again::After(_)), "{code}");
    }
}

/// The pains' numbers, what somebody would search for, and the entry that must be among what is found.
const PAINS: [(u8, &str, &str); 41] = [
    (1, "Before override the current callback uri, your app must be subscribed", "override_too_early"),
    (2, "curl_errno=28", "callback_failed"),
    (3, "HTTP Status Code = 401", "callback_path"),
    (4, "No WABA scope found in token", "no_waba"),
    (5, "Cannot Create Certificate", "certificate_not_ready"),
    (5, "2388001", "certificate_not_ready"),
    (6, "second number receives nothing", "second_number_silent"),
    (7, "(#200) Permissions error", "override_refused"),
    (8, "signup button is missing", "no_meta_app"),
    (9, "can't onboard customers at the moment", "onboarding_closed"),
    (10, "already linked to Embedded Signup", "own_business"),
    (11, "popup ends and nothing happens", "window_without_end"),
    (12, "#4563039", "qr_refused"),
    (13, "FINISH_ONLY_WABA", "no_number_yet"),
    (14, "The callback URL or verify token couldn't be validated", "callback_not_accepted"),
    (15, "100/33", "not_visible"),
    (15, "Object with ID does not exist", "not_visible"),
    (16, "133016", "register_limit"),
    (16, "133005", "wrong_pin"),
    (16, "PIN lock", "pin_locked"),
    (17, "cannot add a second number", "too_many_numbers"),
    (18, "Session has expired", "token_expired"),
    (18, "190/460", "password_changed"),
    (19, "Invalid Credentials", "token_update_refused"),
    (20, "Disconnected seconds after success", "false_alarm"),
    (21, "webhook verified, no messages", "not_subscribed"),
    (22, "overwrite each other", "one_callback"),
    (23, "App ID already has a webhook subscription", "one_callback"),
    (24, "everything twice", "everything_twice"),
    (25, "forged", "forged_messages"),
    (26, "131042", "payment"),
    (27, "coexistence history never comes", "history_limit"),
    (27, "2593108", "history_late"),
    (27, "phone changed", "business_app_offboarded"),
    (28, "usernames vanish", "users_without_number"),
    (28, "duplicates in BR", "users_without_number"),
    (29, "URL mismatch after a domain change", "callback_elsewhere"),
    (30, "token visible", "token_visible"),
    (31, "all customers down at once", "all_down_at_once"),
    (32, "sibling numbers keep a stale token", "sibling_token"),
    (32, "second number old token", "sibling_token"),
];

/// "More codes", and the short guide's own list.
const MORE: [(&str, &str); 17] = [
    ("130429", "throughput"),
    ("131056", "pair_limit"),
    ("131057", "maintenance"),
    ("131047", "window_closed"),
    ("code 131047", "window_closed"),
    ("error 100", "invalid_parameter"),
    ("my messages do not arrive", "nothing_arrives"),
    ("131030", "not_a_test_recipient"),
    ("132001", "template_missing"),
    ("133010", "not_registered"),
    ("waba_info.waba_id", "partner_update_ids"),
    ("Access token could not be decrypted", "token_damaged"),
    ("Phone number not found", "number_not_found"),
    ("Business account not found", "account_not_found"),
    ("Message template not found", "template_missing"),
    ("Recipient phone number not in allowed list", "not_a_test_recipient"),
    ("524126", "problem_reported"),
];

#[test]
fn every_pain_is_found_by_its_symptom() {
    let all = explain_all();
    let numbers: BTreeSet<u8> = PAINS.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=32).collect());
    for (query, key) in
        PAINS.iter().map(|(_, query, key)| (query, key)).chain(MORE.iter().map(|(query, key)| (query, key)))
    {
        let page = search(all.clone(), query);
        let found: Vec<String> =
            page.groups.into_iter().flat_map(|group| group.entries).map(|entry| entry.key).collect();
        assert!(found.iter().any(|found| found == key), "{query} finds {found:?}, not {key}");
    }
}

#[test]
fn keys_are_stable_slugs_and_each_is_there_once() {
    let mut seen = BTreeSet::new();
    for (_, row) in rows() {
        let names = row.codes.iter().filter_map(|code| if let Ours(name) = code { Some(*name) } else { None });
        for name in [row.key].into_iter().chain(names) {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && !name.is_empty(), "{name}");
            assert!(seen.insert(name), "{name} is there twice");
        }
    }
}

#[test]
fn no_two_rows_answer_to_the_same_code() {
    let mut seen: Vec<(Code, &str)> = Vec::new();
    for (_, row) in rows() {
        for code in row.codes {
            let earlier = seen.iter().find(|(known, _)| known == code);
            assert!(earlier.is_none(), "{code:?} is in {} and in {:?}", row.key, earlier);
            seen.push((*code, row.key));
        }
    }
}

/// Words of the trade that stand in a text only beside their explanation: `webhook address (where …)`, `form (a Flow)`.
const JARGON: [&str; 16] = [
    "WABA",
    "BSUID",
    "HMAC",
    "OTP",
    "SIP",
    "TTL",
    "JSON",
    "payload",
    "backoff",
    "webhook",
    "coexistence",
    "Embedded Signup",
    "Tech Provider",
    "endpoint",
    "throttl",
    "Flow",
];

#[test]
fn every_text_is_a_sentence_in_plain_words() {
    for (_, row) in rows() {
        for text in [row.what, row.why, row.remedy] {
            assert!(text.ends_with('.') && text.len() > 10, "{}: {text:?}", row.key);
            assert!(text.starts_with(char::is_uppercase), "{}: {text:?}", row.key);
            assert!(!text.contains("  ") && !text.contains(".."), "{}: {text:?}", row.key);
        }
        let whole = format!("{} {} {}", row.what, row.why, row.remedy);
        for word in JARGON {
            let explained = [format!("{word} ("), format!("{word} address ("), format!("(a {word})")];
            let told = explained.iter().any(|explained| whole.contains(explained));
            assert!(!whole.contains(word) || told, "{}: {word}", row.key);
        }
    }
}

/// So that "Explained" never leads nowhere: whatever a person may be shown has a row, or says that it needs none.
#[test]
fn every_problem_that_the_program_makes_is_explained() {
    use crate::domain::problem::Problem;
    let mut made = BTreeSet::new();
    for folder in ["src/domain", "src/server"] {
        collect_problems(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut made);
    }
    // Checks are a type, and their names stand in one place.
    let checks = include_str!("../../../domain/check.rs").split("=> \"").skip(1);
    made.extend(checks.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned()));
    assert!(
        made.contains("no_waba") && made.contains("token_dead"),
        "the search for problems no longer works: {made:?}"
    );
    for key in made {
        let explains_itself = Problem::new(&key, "", "", "").explains_itself();
        assert_ne!(
            explains_itself,
            explain(&key).is_some(),
            "{key}: add a row to src/server/meta/table, or to Problem::explains_itself"
        );
    }
}

/// These take their names from a table of their own.
#[test]
fn every_fault_of_our_own_address_is_explained() {
    use crate::domain::own_address::AddressFault as Fault;
    let faults = [
        Fault::NotHttps,
        Fault::Private,
        Fault::Unresolved,
        Fault::Refused,
        Fault::Tls(Some("It has expired.")),
        Fault::Tls(None),
        Fault::Silent,
        Fault::Cut,
        Fault::Redirects("https://www.example.org".to_owned()),
        Fault::AsksLogin(401),
        Fault::Status(502),
        Fault::WrongAnswer,
        Fault::Another,
    ];
    for fault in faults {
        let problem = fault.problem("https://greentick.example/api/webhooks/whatsapp");
        assert!(explain(&problem.code).is_some(), "{}", problem.code);
        for text in [problem.what, problem.why, problem.remedy] {
            assert!(text.ends_with('.') && !text.contains("  ") && !text.contains(".."), "{text:?}");
        }
    }
}

/// The first argument of `Problem::new("…"`.
fn collect_problems(folder: &std::path::Path, made: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_problems(&path, made);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            let makers = ["Problem::new(", "Self::new("];
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            for after in makers.iter().flat_map(|maker| source.split(maker).skip(1)) {
                let text = after.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'));
                made.extend(
                    text.map(|(key, _)| key.to_owned())
                        .filter(|key| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')),
                );
            }
        }
    }
}
