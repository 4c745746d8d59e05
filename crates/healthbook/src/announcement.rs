//! What a person sees on the terminal when the server is up: where to click, and a request to paste.

use std::net::SocketAddr;

use auth::{Auth, Grant, LONGEST_LIFETIME};
use fhir::Instant;

use crate::configuration::Configuration;
use crate::demo::Description;
use crate::failure::{Failure, print};
use crate::opening;

/// What is announced.
pub struct Announcement<'a> {
    /// The address that this machine can ask, `http://HOST:PORT`.
    pub address: &'a str,
    /// The configuration.
    pub configuration: &'a Configuration,
    /// `None` when authentication is off.
    pub auth: Option<&'a Auth>,
    /// The demo in the database.
    pub demo: Option<&'a Description>,
    /// The password of its accounts.
    pub password: Option<&'a str>,
}

impl Announcement<'_> {
    /// Prints it to stdout.
    pub async fn print(&self) -> Result<(), Failure> {
        // The text holds a token.
        if let (Some(auth), Some((_, grant))) = (self.auth, self.first()) {
            auth.note_handed_out(&grant, "serve --demo").await.map_err(Failure::because)?;
        }
        print(&self.text(Instant::now())?)
    }

    /// The id of the first client system of the demo, and what its token is for.
    fn first(&self) -> Option<(&str, Grant)> {
        let demo = self.demo?;
        let client = demo.first_client()?;
        Some((client.id.as_str(), demo.grant(client)?))
    }

    fn text(&self, now: Instant) -> Result<String, Failure> {
        let address = self.address;
        let mut text = format!(
            "\nHealthbook – Sổ sức khỏe điện tử\n\n  Mở / open:  {address}/\n  FHIR R4:    {address}/fhir\n"
        );
        if let Some(demo) = self.demo {
            let file = opening::folder(self.configuration).join("demo.json");
            text.push_str(&format!(
                "  Dữ liệu giả lập / invented people:  {} ({})\n",
                demo.people,
                file.display()
            ));
        }
        if let (Some(demo), Some(password)) = (self.demo, self.password) {
            let number = demo.people().next().map_or("", |(number, _, _)| number);
            text.push_str(&format!(
                "\n  Đăng nhập / sign in:  {address}/auth/sign-in\n    Người dân / citizen:  {number}\n    Nhân viên / staff:    \
                 physician, nurse, registrar, administrator ... (mã xác nhận ở nhật ký / codes in this log)\n    \
                 Mật khẩu / password:  {password}\n"
            ));
        }
        if self.auth.is_none() {
            text.push_str(
                "\n  CẢNH BÁO / WARNING: không xác thực, ai trên máy này cũng làm được mọi việc.\n  \
                 Authentication is off: everybody on this machine may do everything.\n",
            );
        }
        text.push_str("\nThử ngay / try it:\n\n");
        match (self.auth, self.first()) {
            (Some(auth), Some((client, grant))) => {
                let token = auth.issue(&grant, now, LONGEST_LIFETIME).map_err(Failure::because)?;
                text.push_str(&format!(
                    "  curl -s -H 'Authorization: Bearer {token}' '{address}/fhir/Patient?_count=2'\n\n\
                     Mã truy cập có hiệu lực 10 phút; mã mới / the token lasts 10 minutes; a new one:\n\n  \
                     {} token --client {}{}\n\n\
                     Như một hệ thống của cơ sở / as the system of a facility does it:\n\n  \
                     curl -s -u '{}:{}' -d grant_type=client_credentials -d 'scope=system/*.rs' '{address}/auth/token'\n",
                    program(),
                    client,
                    self.database_flag(),
                    client,
                    auth.demo_secret(client),
                ));
            }
            (Some(_), None) => text.push_str(&format!("  curl -s '{address}/fhir/metadata'\n")),
            (None, _) => text.push_str(&format!("  curl -s '{address}/fhir/Patient?_count=2'\n")),
        }
        text.push('\n');
        Ok(text)
    }

    /// The flag that leads another command to the same database. A password is not printed: where there is
    /// one, the variable or the file that holds it serves the other command too.
    fn database_flag(&self) -> String {
        let database = &self.configuration.database;
        let shown = database.to_string();
        if shown == database.url() && *database.source() != crate::configuration::Source::Default {
            format!(" --database {}", quoted(&shown))
        } else {
            String::new()
        }
    }
}

/// How this program was called.
fn program() -> String {
    std::env::args().next().map_or_else(|| "healthbook".to_owned(), |name| quoted(&name))
}

/// For a shell.
fn quoted(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-:@=%+,".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The address as this machine can ask it: one cannot connect to "any address".
pub fn local_address(address: SocketAddr) -> String {
    let ip = match address.ip() {
        std::net::IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use synthetic_nation::{Nation, Settings};

    use super::*;

    fn announcement(flags: Vec<(&'static str, String)>, auth: Option<&Auth>, demo: bool) -> String {
        let configuration = Configuration::load(None, std::iter::empty(), flags).unwrap();
        let settings = Settings { people: 60, seed: 7, today: jiff::civil::date(2026, 11, 25) };
        let description = Description::new(settings, &Nation::new(settings).demo(3)).unwrap();
        let demo = demo.then_some(&description);
        let announcement = Announcement {
            address: "http://127.0.0.1:5",
            configuration: &configuration,
            auth,
            demo,
            password: demo.map(|_| "demo-password"),
        };
        announcement.text(Instant::now()).unwrap()
    }

    /// The service on a fresh database.
    async fn auth(database: &test_support::TestDatabase) -> Auth {
        let store =
            record_store::Store::open(&record_store::StoreSettings::new(database.url())).await.unwrap();
        let settings = auth::AuthSettings {
            issuer: "http://127.0.0.1:5".to_owned(),
            fhir_base: "http://127.0.0.1:5/fhir".to_owned(),
            sandbox: true,
            local_peers: false,
        };
        Auth::open(store, settings, Instant::now()).await.unwrap()
    }

    #[tokio::test]
    async fn the_request_carries_a_token_that_holds() {
        let database = test_support::TestDatabase::sqlite();
        let auth = auth(&database).await;
        let text = announcement(vec![("database", "sqlite:/a b/c.db".to_owned())], Some(&auth), true);
        let token = text.split("Bearer ").nth(1).unwrap().split('\'').next().unwrap();
        assert!(auth.recognises(token, Instant::now()).is_ok());
        assert!(
            text.contains("token --client ") && text.contains(" --database 'sqlite:/a b/c.db'\n"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn no_token_is_made_for_real_people_and_no_password_is_shown() {
        let database = test_support::TestDatabase::sqlite();
        let auth = auth(&database).await;
        let text = announcement(Vec::new(), Some(&auth), false);
        assert!(
            !text.contains("Bearer") && text.contains("curl -s 'http://127.0.0.1:5/fhir/metadata'"),
            "{text}"
        );
        let text = announcement(vec![("database", "postgres://u:secret@h/n".to_owned())], Some(&auth), true);
        assert!(!text.contains("secret") && !text.contains("--database"), "{text}");
    }

    #[test]
    fn without_authentication_there_is_a_warning() {
        let text = announcement(Vec::new(), None, true);
        assert!(text.contains("WARNING") && !text.contains("Bearer"), "{text}");
    }

    #[test]
    fn addresses_can_be_asked() {
        for (address, local) in [
            ("127.0.0.1:1", "http://127.0.0.1:1"),
            ("0.0.0.0:2", "http://127.0.0.1:2"),
            ("[::]:3", "http://[::1]:3"),
            ("192.0.2.1:4", "http://192.0.2.1:4"),
        ] {
            assert_eq!(local_address(address.parse().unwrap()), local);
        }
    }
}
