//! The proxies of `deploy/` in front of the program, with certificates of their own.

use super::server::{Ended, Place, Server};
use crate::support::{Kind, soon};
use crate::webhooks::{SHARED, signature};
use greentick::domain::api_key::Scope;
use reqwest::{Certificate, Client, StatusCode, redirect};
use sandbox::fixtures::APP_SECRET;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const NGINX: &str = include_str!("../../../deploy/nginx.conf");
const CADDY: &str = include_str!("../../../deploy/Caddyfile");
/// What Meta sends at most.
const LARGEST: usize = 3 * 1024 * 1024;

/// Stopped when dropped.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        // It stops its own workers, which a kill would leave behind.
        let told = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = told.and_then(|_| self.0.wait());
    }
}

/// An installation, the proxy in front, and who vouches for its certificate.
struct Front {
    place: Place,
    port: u16,
    root: PathBuf,
    _proxy: Proxy,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Packages for root put it where the path of others does not lead.
fn program(name: &str) -> String {
    let aside = format!("/usr/sbin/{name}");
    if Path::new(&aside).exists() { aside } else { name.to_owned() }
}

fn start(name: &str, arguments: &[&str], folder: &str, variables: &[(&str, &str)]) -> Proxy {
    let mut command = Command::new(program(name));
    command.args(arguments).envs(variables.iter().copied()).env("XDG_DATA_HOME", folder).env("HOME", folder);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Proxy(child.unwrap_or_else(|error| panic!("{name}: {error}; `make test` installs it")))
}

async fn listens(port: u16) {
    soon(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
}

/// For this very name, by itself.
fn certificate(place: &Place) -> (String, String) {
    let (key, certificate) = (place.file("proxy.key"), place.file("proxy.pem"));
    let name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", &key, "-out", &certificate])
        .args(name)
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    (key, certificate)
}

impl Front {
    /// With our file for nginx, changed so.
    async fn nginx(change: fn(String) -> String) -> Self {
        let place = Place::new(Kind::Sqlite).await;
        let (key, certificate) = certificate(&place);
        let port = free_port();
        let ours = change(NGINX.to_owned())
            .replace("listen [::]:80;", "")
            .replace("listen [::]:443 ssl http2;", "")
            .replace("listen 80;", &format!("listen 127.0.0.1:{};", free_port()))
            .replace("listen 443 ssl http2;", &format!("listen 127.0.0.1:{port} ssl http2;"))
            .replace("whatsapp.example.com;", "localhost;")
            .replace("/etc/letsencrypt/live/whatsapp.example.com/fullchain.pem", &certificate)
            .replace("/etc/letsencrypt/live/whatsapp.example.com/privkey.pem", &key)
            .replace("127.0.0.1:3000", &place.address);
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|what| format!("{what}_temp_path {};", place.file(what)))
            .concat();
        // Run by root, its workers would be somebody who cannot write into this folder; run by others it ignores that.
        let whole = format!(
            "daemon off; pid {}; error_log stderr; user root; events {{}} http {{ access_log off; {temporary} {ours} }}",
            place.file("nginx.pid"),
        );
        let file = place.file("nginx.conf");
        std::fs::write(&file, whole).unwrap();
        let proxy = start("nginx", &["-c", &file, "-e", "stderr"], &place.file("."), &[]);
        listens(port).await;
        Self { place, port, root: certificate.into(), _proxy: proxy }
    }

    async fn caddy() -> Self {
        let place = Place::new(Kind::Sqlite).await;
        let port = free_port();
        // What its own tests of a certificate would change on this machine.
        let global = format!("{{\nadmin off\nskip_install_trust\nhttp_port {}\nhttps_port {port}\n}}\n", free_port());
        let file = place.file("Caddyfile");
        std::fs::write(&file, global + CADDY).unwrap();
        let (folder, upstream) = (place.file("caddy"), place.address.clone());
        let variables = [("DOMAIN", "localhost"), ("UPSTREAM", upstream.as_str())];
        let proxy = start("caddy", &["run", "--adapter", "caddyfile", "--config", &file], &folder, &variables);
        let root = PathBuf::from(&folder).join("caddy/pki/authorities/local/root.crt");
        listens(port).await;
        Self { place, port, root, _proxy: proxy }
    }

    fn public_url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn serve(&self, trusted: &str) -> Server {
        self.place.serve(&[("GREENTICK_PUBLIC_URL", &self.public_url()), ("GREENTICK_TRUSTED_PROXIES", trusted)])
    }

    fn check(&self) -> Ended {
        let root = self.root.display().to_string();
        let more = [("GREENTICK_PUBLIC_URL", self.public_url()), ("SSL_CERT_FILE", root)];
        let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.place.run(&["check", "--deploy"], "", &more)
    }

    /// Whoever comes from there.
    fn visitor(&self, from: Ipv4Addr) -> Client {
        let root = Certificate::from_pem(&std::fs::read(&self.root).unwrap()).unwrap();
        Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .tls_certs_only([root])
            .resolve("localhost", (Ipv4Addr::LOCALHOST, self.port).into())
            .local_address(IpAddr::V4(from))
            .build()
            .unwrap()
    }

    async fn log_in_wrong(&self, visitor: &Client, email: &str) -> StatusCode {
        let form = [("email", email), ("password", "guessed"), ("next", "")];
        let request = visitor.post(format!("{}/login", self.public_url())).form(&form);
        request.header("origin", self.public_url()).send().await.unwrap().status()
    }

    async fn everything_comes_through(&self) {
        let server = self.serve("127.0.0.1");
        let checked = self.check();
        assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.error);
        for look in ["answers as Meta wants it to", "Deliveries of 3 MB", "Live events come through"] {
            assert!(says(&checked, '✓', look), "{look}: {}", checked.out);
        }
        // Who asks from the proxy's own machine looks like the proxy.
        assert!(says(&checked, '!', "cannot be told from here"), "{}", checked.out);
        assert!(checked.out.contains("/api/deploy on a phone with mobile data"), "{}", checked.out);
        let visitor = self.visitor(Ipv4Addr::new(127, 0, 0, 2));
        let body = vec![b' '; LARGEST];
        let request =
            visitor.post(self.public_url() + SHARED).header("x-hub-signature-256", signature(APP_SECRET, &body));
        assert_eq!(request.body(body).send().await.unwrap().status(), 200, "Meta's largest delivery");
        let page = visitor.get(format!("{}/login", self.public_url())).send().await.unwrap();
        assert_eq!(page.headers()["strict-transport-security"], "max-age=31536000");
        self.an_attacker_locks_only_himself_out(&visitor).await;
        self.live_events_come_through(&visitor).await;
        server.stop();
    }

    async fn an_attacker_locks_only_himself_out(&self, attacker: &Client) {
        let mut tries = 0;
        while self.log_in_wrong(attacker, &format!("{tries}@example.org")).await != StatusCode::TOO_MANY_REQUESTS {
            tries += 1;
            assert!(tries < 200, "nobody stops an attacker");
        }
        let other = self.visitor(Ipv4Addr::new(127, 0, 0, 3));
        assert_eq!(self.log_in_wrong(&other, "ana@example.org").await, StatusCode::UNAUTHORIZED);
    }

    async fn live_events_come_through(&self, visitor: &Client) {
        let key = self.place.run(&["api-key", "add", "--name", "Live", "--scope", Scope::Read.as_str()], "", &[]).out;
        let request = visitor
            .get(format!("{}/api/events/ws", self.public_url()))
            .bearer_auth(key.trim())
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(request.send().await.unwrap().status(), StatusCode::SWITCHING_PROTOCOLS);
    }
}

fn says(checked: &Ended, sign: char, what: &str) -> bool {
    checked.out.lines().any(|line| line.starts_with(sign) && line.contains(what))
}

#[tokio::test]
async fn everything_comes_through_our_nginx() {
    Front::nginx(|ours| ours).await.everything_comes_through().await;
}

#[tokio::test]
async fn everything_comes_through_our_caddy() {
    Front::caddy().await.everything_comes_through().await;
}

#[tokio::test]
async fn a_check_from_elsewhere_than_the_proxy_sees_whether_visitors_are_told_apart() {
    let apart = |ours: String| ours.replace("proxy_pass ", "proxy_bind 127.0.0.9; proxy_pass ");
    let front = Front::nginx(apart).await;
    let server = front.serve("127.0.0.9");
    let checked = front.check();
    assert!(says(&checked, '✓', "Visitors are told apart: this request came from 127.0.0.1"), "{}", checked.out);
    server.stop();
    // A network that is too wide: nobody can be told from the proxy.
    let server = front.serve("127.0.0.0/8");
    assert!(says(&front.check(), '!', "this request came from 127.0.0.1, which is among"), "{}", front.check().out);
    server.stop();
}

#[tokio::test]
async fn a_proxy_as_it_comes_is_found_out_with_what_to_do() {
    let careless = |ours: String| {
        let kept = ours
            .lines()
            .filter(|line| !line.contains("client_max_body_size") && !line.contains("Upgrade $http_upgrade"));
        let kept: Vec<String> = kept
            .map(|line| line.replace("X-Forwarded-For $remote_addr", "X-Forwarded-For $http_x_forwarded_for"))
            .collect();
        kept.join("\n")
    };
    let front = Front::nginx(careless).await;
    let server = front.serve("127.0.0.1");
    let checked = front.check();
    assert_eq!(checked.code, Some(1), "{}", checked.error);
    for remedy in ["client_max_body_size 4m", "proxy_set_header X-Forwarded-For $remote_addr", "proxy_http_version 1.1"]
    {
        assert!(checked.out.contains(remedy), "{remedy}: {}", checked.out);
    }
    server.stop();
    let server = front.serve("");
    assert!(front.check().out.contains("Set GREENTICK_TRUSTED_PROXIES=127.0.0.1"));
    server.stop();
    let checked = front.check();
    assert_eq!(checked.code, Some(1), "with nobody behind it");
    assert!(checked.out.contains("status 502") || checked.out.contains("The answer was 502"), "{}", checked.out);
}
