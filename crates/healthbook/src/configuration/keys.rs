//! The list of keys.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use super::value::{ByteSize, LogYears};
use super::{
    Authentication, BaseUrl, ConfigurationError, Database, Given, ListenAddress, LogFormat, LogLevels,
    PeerUrl, Secret, Setting, Source, Text, TimeZone,
};

/// From the list: the typed configuration, the flags of the command line by group, and the names.
macro_rules! keys {
    ($($(#[doc = $group_doc:literal])* $group:ident {
        $($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:literal, $value_name:literal;)*
    })*) => {
        /// The effective configuration. Each key remembers where its value came from.
        #[derive(Debug, Clone)]
        pub struct Configuration {
            $($($(#[doc = $doc])+ pub $name: Setting<$type>,)*)*
        }

        /// The names of all keys.
        pub(super) const NAMES: &[&str] = &[$($(stringify!($name),)*)*];

        impl Configuration {
            pub(super) fn from_given(given: &Given) -> Result<Self, ConfigurationError> {
                Ok(Self { $($($name: given.read(stringify!($name), $default)?,)*)* })
            }

            /// Name, value as it may be shown, and source of every key.
            pub(super) fn shown(&self) -> Vec<(&'static str, Option<String>, &Source)> {
                vec![$($((stringify!($name), self.$name.shown(), self.$name.source()),)*)*]
            }
        }

        $(
            $(#[doc = $group_doc])*
            #[derive(Debug, Clone, Default, clap::Args)]
            pub struct $group {
                $(
                    $(#[doc = $doc])+
                    #[arg(long, value_name = $value_name,
                        help = concat!($($doc,)+ " [default: ", $default, "]"))]
                    pub $name: Option<String>,
                )*
            }

            impl $group {
                /// The flags that were given.
                pub fn given(&self) -> Vec<(&'static str, String)> {
                    let flags = [$((stringify!($name), &self.$name),)*];
                    flags.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))).collect()
                }
            }
        )*
    };
}

keys! {
    /// Flags of every command that opens a database.
    DatabaseFlags {
        #[doc = "Where the books are: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME"]
        database: Database = "sqlite:healthbook-data/healthbook.db", "URL";
        #[doc = "Folder for the files that stand beside a PostgreSQL database; beside SQLite it is the folder of its file"]
        data_folder: PathBuf = "healthbook-data", "FOLDER";
        #[doc = "Connections for readers (PostgreSQL)"]
        database_connections: NonZeroUsize = "16", "NUMBER";
        #[doc = "Time limit of one reading statement (PostgreSQL)"]
        statement_timeout: Duration = "30s", "TIME";
        #[doc = "Zone of dates and times that name none"]
        time_zone: TimeZone = "Asia/Ho_Chi_Minh", "ZONE";
        #[doc = "Years for which entries of the log of accesses stay in the database, 5 or more"]
        log_years: LogYears = "5", "YEARS";
        #[doc = "What is logged: off, error, warn, info, debug or trace, also for a part: info,record_store=debug"]
        log: LogLevels = "info", "LEVEL";
        #[doc = "Form of the log on stderr: json, text, or auto (text on a terminal, else json)"]
        log_format: LogFormat = "auto", "FORM";
    }
    /// Flags of the server.
    ServeFlags {
        #[doc = "Address to listen on; port 0 takes any free port"]
        listen: ListenAddress = "127.0.0.1:8080", "ADDRESS";
        #[doc = "Public address of the FHIR API, for example https://book.example/fhir; the address listened on when empty"]
        base_url: Option<BaseUrl> = "", "URL";
        #[doc = "token: who asks shows an access token; off: everybody may do everything, on loopback only"]
        auth: Authentication = "token", "MODE";
        #[doc = "Load a synthetic nation of so many people into an empty database"]
        demo: Option<NonZeroU32> = "", "PEOPLE";
        #[doc = "Seed of the synthetic nation: the same seed makes the same people"]
        seed: u64 = "412", "NUMBER";
        #[doc = "Threads that serve requests; one for each processor when empty"]
        workers: Option<NonZeroUsize> = "", "NUMBER";
        #[doc = "Largest body of a request, unpacked"]
        body_limit: ByteSize = "16MiB", "BYTES";
        #[doc = "Most bytes of resources in the answer to one batch or transaction"]
        answer_limit: ByteSize = "64MiB", "BYTES";
        #[doc = "Time in which the body of a request must have arrived"]
        body_deadline: Duration = "30s", "TIME";
        #[doc = "Time that running requests get to finish when the server is asked to stop"]
        shutdown_limit: Duration = "20s", "TIME";
        #[doc = "Issuer of the external provider (OpenID Connect) that signs citizens in"]
        provider: Option<PeerUrl> = "", "URL";
        #[doc = "How this server is called at the provider"]
        provider_client_id: Text = "healthbook", "ID";
        #[doc = "The secret of this server at the provider; better given as a variable or in the file"]
        provider_client_secret: Option<Secret> = "", "SECRET";
        #[doc = "The acr by which the provider names an identity verified at level 2"]
        provider_level: Text = "urn:healthbook:simulator:level-2", "ACR";
        #[doc = "The claim in which the provider names the citizen number"]
        provider_number_claim: Text = "citizen_number", "NAME";
        #[doc = "Start a simulated provider beside a demo, on a loopback port of its own: true or false"]
        provider_simulator: bool = "false", "BOOLEAN";
        #[doc = "Gateway that sends one-time codes on: it gets a form with to and text"]
        code_gateway: Option<PeerUrl> = "", "URL";
        #[doc = "Key that signs reports for people, a file in PEM (PKCS #8: P-256 or RSA); one is made beside the data when empty"]
        report_key: Option<PathBuf> = "", "FILE";
        #[doc = "Certificate of that key, a file in PEM, with those of its issuers behind it"]
        report_certificate: Option<PathBuf> = "", "FILE";
        #[doc = "Gateway that sends mail on about notices: it gets a form with to, subject and text"]
        notice_mail_gateway: Option<PeerUrl> = "", "URL";
        #[doc = "A person who reads in more books than that within the window is told of"]
        notice_many_books: NonZeroUsize = "60", "NUMBER";
        #[doc = "The window for it"]
        notice_window: Duration = "1h", "TIME";
        #[doc = "Roles that do not work at night (22:00 to 06:00), with commas between"]
        notice_day_roles: Text = "registrar,station-head,assisted", "ROLES";
        #[doc = "The population registry: citizen numbers are its, and its events reach the books"]
        registry: Option<PeerUrl> = "", "URL";
        #[doc = "Value of Authorization for the registry; better given as a variable or in the file"]
        registry_authorization: Option<Secret> = "", "SECRET";
        #[doc = "Certificate chain and private key of this server for the registry, a file in PEM"]
        registry_identity: Option<PathBuf> = "", "FILE";
        #[doc = "Authorities that may vouch for the registry, a file in PEM; those of the machine when empty"]
        registry_authorities: Option<PathBuf> = "", "FILE";
        #[doc = "The unit (MaDVC) as which this server asks the registry"]
        registry_unit: Text = "healthbook", "CODE";
        #[doc = "The integration (MaTichHop) as which it asks"]
        registry_integration: Text = "healthbook", "CODE";
        #[doc = "The officer (MaCanBo) as whom it asks"]
        registry_officer: Text = "healthbook", "CODE";
        #[doc = "Name of the officer who looks insurance cards up (hoTenCb)"]
        insurance_officer_name: Text = "healthbook", "NAME";
        #[doc = "Citizen number of that officer (cccdCb)"]
        insurance_officer_number: Option<Text> = "", "NUMBER";
        #[doc = "Account of this server at social insurance"]
        insurance_username: Option<Secret> = "", "NAME";
        #[doc = "Password of that account, as it is sent: its MD5 sum; better given as a variable or in the file"]
        insurance_password: Option<Secret> = "", "SECRET";
        #[doc = "Key that signs answers to messages of the data axis, a file in PEM (PKCS #8, RSA); one is kept in the database when empty"]
        data_axis_key: Option<PathBuf> = "", "FILE";
        #[doc = "Proxies in front of this server whose X-Forwarded-For is believed"]
        trusted_proxies: usize = "0", "NUMBER";
    }
}
