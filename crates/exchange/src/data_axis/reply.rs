//! What is answered: header, data and the signature of this server.

use json::{Node, Value};

use super::{Encoding, KeyError, MessageId, ResultCode, SigningKey, checksum};

/// `msg_type` of an answer.
const ANSWER: &str = "102";

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataState {
    /// It is on disk and waits.
    Received,
    /// It is in the books.
    Stored,
    /// The identity was not verified.
    NotVerified,
    /// It could not be stored.
    Failed,
    /// It was not taken.
    Refused,
}

impl DataState {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Received => ("0", "Data is received"),
            Self::Stored => ("1", "Data is stored"),
            Self::NotVerified => ("2", "Identity is not verified"),
            Self::Failed => ("3", "Data could not be stored"),
            Self::Refused => ("9", "Data is refused"),
        }
    }
}

/// An answer to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The version of the message.
    pub version: &'a str,
    /// Under which name this server answers.
    pub receiver: &'a str,
    /// To whom.
    pub sender: &'a str,
    /// The message; none where it could not be read.
    pub about: Option<&'a MessageId>,
    /// The result.
    pub code: ResultCode,
    /// How far it has come.
    pub state: DataState,
    /// What is to be known besides, in Vietnamese.
    pub notice: &'a str,
    /// `send_datetime` of the message; 0 where it could not be read.
    pub sent: i64,
    /// Now, in milliseconds since 1970.
    pub now: i64,
    /// Day of the answer (`YYMMDD`) and a UUID of version 4 without dashes.
    pub own_id: &'a str,
}

fn string(text: &str) -> Node<'static> {
    Node::string(text.to_owned())
}

fn number(value: i64) -> Node<'static> {
    Node::new(Value::Number(value.to_string().into()))
}

fn object(members: Vec<(&'static str, Node<'static>)>) -> Node<'static> {
    Node::new(Value::Object(members.into_iter().map(|(name, node)| (name.into(), node)).collect()))
}

impl Reply<'_> {
    /// The signed text: the checksum is that of header and data, both without white space.
    pub fn signed(&self, key: &SigningKey, encoding: Encoding) -> Result<String, KeyError> {
        let (transaction, about) =
            self.about.map_or_else(Default::default, |id| (id.transaction(), id.as_str()));
        let header = object(vec![
            ("version", string(self.version)),
            ("sender_id", string(self.receiver)),
            ("receiver_id", string(self.sender)),
            ("txn_id", string(&transaction)),
            ("txn_type", string("sync_checkup")),
            ("success", Node::new(Value::Boolean(self.code.is_success()))),
            ("res_code", string(self.code.code())),
            ("res_msg", string(self.code.vietnamese())),
            ("msg_type", string(ANSWER)),
            ("msg_id", string(&format!("{}{}", self.receiver, self.own_id))),
            ("ref_msg_id", string(about)),
            ("send_datetime", number(self.sent)),
            ("res_datetime", number(self.now)),
        ])
        .to_json();
        let (state, words) = self.state.words();
        let data = object(vec![
            ("data_state", string(state)),
            ("data_state_msg", string(words)),
            ("message_check_ca", string("Digital signature of the file is not checked")),
            ("message_notify", string(self.notice)),
        ])
        .to_json();
        let signature = key.sign(&checksum(&header, &data), encoding)?;
        Ok(format!(r#"{{"header":{header},"data":{data},"signature":"{signature}"}}"#))
    }
}

/// The answer to a sign-in: the tokens, where there are some, with the seconds that they last.
pub fn login_answer(code: ResultCode, tokens: Option<(&str, &str, i64)>, now: i64) -> String {
    let header = object(vec![
        ("version", string("1.0.6")),
        ("success", Node::new(Value::Boolean(code.is_success()))),
        ("send_datetime", number(now)),
        ("res_datetime", number(now)),
        ("res_code", string(code.code())),
        ("res_msg", string(code.vietnamese())),
    ]);
    let data = tokens.map_or_else(
        || Node::new(Value::Null),
        |(token, refresh, seconds)| {
            object(vec![
                ("token", string(token)),
                ("refresh_token", string(refresh)),
                ("duration", number(seconds)),
                ("role", string("facility")),
            ])
        },
    );
    object(vec![("header", header), ("data", data)]).to_json()
}
