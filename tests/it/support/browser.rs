//! A browser as far as signing in needs one: cookies, forms without script, redirects, each under the test's control.

use std::collections::BTreeMap;

use test_support::{Response, TestServer};

use super::encode;

/// Cookies of one person at one server.
pub struct Browser<'a> {
    server: &'a TestServer,
    cookies: BTreeMap<String, String>,
}

/// A form of a page, filled in as the server sent it.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub method: String,
    pub fields: Vec<(String, String)>,
    /// `autocomplete` of a field -> its name.
    pub purposes: BTreeMap<String, String>,
    /// Buttons that submit it: name, value, the words on it.
    pub buttons: Vec<(String, String, String)>,
}

/// Where following redirects ended.
pub enum Landing {
    /// A page of the server.
    Page(Response),
    /// An address of somebody else, which was not asked for.
    Elsewhere(String),
}

impl<'a> Browser<'a> {
    pub fn new(server: &'a TestServer) -> Self {
        Self { server, cookies: BTreeMap::new() }
    }

    /// One request without following anything.
    #[track_caller]
    pub fn request(&mut self, method: &str, path: &str, form: Option<&str>) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("Accept", "text/html"), ("Accept-Language", "en")];
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        if form.is_some() {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        let answer =
            self.server.client().request(method, path, &headers, form.unwrap_or_default().as_bytes());
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() || cookie.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name.trim());
            } else {
                self.cookies.insert(name.trim().to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Follows redirects within the server.
    #[track_caller]
    pub fn go(&mut self, method: &str, path: &str, form: Option<&str>) -> Landing {
        let mut answer = self.request(method, path, form);
        let mut place = path.to_owned();
        for _ in 0..10 {
            if !(300..400).contains(&answer.status) {
                return Landing::Page(answer);
            }
            let target = answer.header("Location").expect("a redirect says where to").to_owned();
            match self.local(&target, &place) {
                Some(path) => place = path,
                None => return Landing::Elsewhere(target),
            }
            answer = self.request("GET", &place, None);
        }
        panic!("redirects without end from {path}")
    }

    /// Submits a form.
    #[track_caller]
    pub fn submit(&mut self, form: &Form, at: &str) -> Landing {
        let action = if form.action.is_empty() { at.to_owned() } else { form.action.clone() };
        let path = self.local(&action, at).unwrap_or_else(|| panic!("a form that leaves: {action}"));
        if form.method == "get" {
            let separator = if path.contains('?') { '&' } else { '?' };
            return self.go("GET", &format!("{path}{separator}{}", form.body()), None);
        }
        self.go("POST", &path, Some(&form.body()))
    }

    /// The cookies, as a header would carry them.
    pub fn cookies(&self) -> &BTreeMap<String, String> {
        &self.cookies
    }

    /// Puts a cookie there that the server has not set.
    pub fn plant(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// The path of an address of this server; `None` for others.
    fn local(&self, target: &str, place: &str) -> Option<String> {
        if let Some(rest) = target.strip_prefix(self.server.base_url()) {
            return (rest.is_empty() || rest.starts_with(['/', '?']))
                .then(|| format!("/{}", rest.trim_start_matches('/')));
        }
        if target.starts_with("//")
            || target.contains("://")
            || target.split(['/', '?']).next()?.contains(':')
        {
            return None;
        }
        let folder = place.split('?').next().unwrap_or_default();
        Some(match target.chars().next() {
            Some('/') => target.to_owned(),
            Some('?') => format!("{folder}{target}"),
            _ => format!("{}/{target}", folder.rsplit_once('/').map_or("", |(folder, _)| folder)),
        })
    }
}

impl Form {
    /// Sets a field.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the field that a password manager would know by this purpose (`username`, `current-password`,
    /// `one-time-code`).
    #[must_use]
    #[track_caller]
    pub fn fill(self, purpose: &str, value: &str) -> Self {
        let name = self.purposes.get(purpose).unwrap_or_else(|| panic!("no field for {purpose}: {self:?}"));
        let name = name.clone();
        self.set(&name, value)
    }

    /// Presses the button whose name, value or words contain one of these.
    #[must_use]
    #[track_caller]
    pub fn press(self, words: &[&str]) -> Self {
        let says = |text: &str| words.iter().any(|word| text.to_lowercase().contains(word));
        let button =
            self.buttons.iter().find(|(name, value, label)| says(name) || says(value) || says(label));
        let (name, value, _) = button.unwrap_or_else(|| panic!("no button {words:?}: {self:?}")).clone();
        if name.is_empty() { self } else { self.set(&name, &value) }
    }

    fn body(&self) -> String {
        let pairs = self.fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// The forms of a page.
pub fn forms(page: &str) -> Vec<Form> {
    let mut found: Vec<Form> = Vec::new();
    for piece in page.split("<form").skip(1) {
        let (head, rest) = piece.split_once('>').unwrap_or((piece, ""));
        let inside = rest.split("</form>").next().unwrap_or_default();
        found.push(form(head, inside));
    }
    found
}

fn form(head: &str, inside: &str) -> Form {
    let method = attribute(head, "method").unwrap_or_default().to_lowercase();
    let action = attribute(head, "action").unwrap_or_default();
    let mut form =
        Form { action, method, fields: Vec::new(), purposes: BTreeMap::new(), buttons: Vec::new() };
    for tag in inside.split("<input").skip(1).filter_map(|piece| piece.split('>').next()) {
        let name = attribute(tag, "name").unwrap_or_default();
        let value = attribute(tag, "value");
        let kind = attribute(tag, "type").unwrap_or_default().to_lowercase();
        if kind == "submit" {
            let value = value.unwrap_or_default();
            form.buttons.push((name, value.clone(), value));
            continue;
        }
        if let Some(purposes) = attribute(tag, "autocomplete") {
            for purpose in purposes.split_whitespace() {
                form.purposes.insert(purpose.to_owned(), name.clone());
            }
        }
        let is_choice = kind == "radio" || kind == "checkbox";
        let is_chosen = tag.split_whitespace().any(|word| word == "checked" || word.starts_with("checked="));
        if !name.is_empty() && (!is_choice || is_chosen) {
            let default = if is_choice { "on" } else { "" };
            form.fields.push((name, value.unwrap_or_else(|| default.to_owned())));
        }
    }
    for piece in inside.split("<select").skip(1) {
        let (tag, rest) = piece.split_once('>').unwrap_or((piece, ""));
        let mut options = rest.split("</select>").next().unwrap_or_default().split("<option").skip(1);
        let first = options.clone().next();
        let is_chosen = |option: &&str| option.split('>').next().unwrap_or_default().ends_with(" selected");
        let value = options.find(is_chosen).or(first).and_then(|option| attribute(option, "value"));
        form.fields.extend(attribute(tag, "name").map(|name| (name, value.unwrap_or_default())));
    }
    for piece in inside.split("<textarea").skip(1) {
        let (tag, rest) = piece.split_once('>').unwrap_or((piece, ""));
        let text = unescaped(rest.split("</textarea>").next().unwrap_or_default());
        form.fields.extend(attribute(tag, "name").map(|name| (name, text)));
    }
    for piece in inside.split("<button").skip(1) {
        let (tag, rest) = piece.split_once('>').unwrap_or((piece, ""));
        let words = rest.split("</button>").next().unwrap_or_default().to_owned();
        let [name, value] = ["name", "value"].map(|it| attribute(tag, it).unwrap_or_default());
        form.buttons.push((name, value, words));
    }
    form
}

/// An attribute of a tag with the five characters of HTML that are escaped.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag
        .match_indices(&format!("{name}="))
        .find(|(at, _)| tag[..*at].chars().last().is_none_or(char::is_whitespace))?;
    let rest = &tag[at.0 + name.len() + 1..];
    let quote = rest.chars().next()?;
    let value = if quote == '"' || quote == '\'' {
        rest[1..].split(quote).next()?
    } else {
        rest.split([' ', '>', '\n']).next()?
    };
    Some(unescaped(value))
}

/// A text without the five characters of HTML that are escaped.
fn unescaped(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&amp;", "&")
}

#[test]
fn forms_are_read_as_they_are_sent() {
    let page = r#"<form method="post" action="/auth/x?a=1&amp;b=2"><input type=hidden name="csrf" value="k&quot;"/>
        <input id="n" name="number" autocomplete="username"><input type="checkbox" name="no">
        <select name="class"><option value="">–</option><option value="2" selected>II</option></select>
        <select name="kind"><option value="a">A</option><option value="b">B</option></select><textarea name="why">a &amp; b</textarea>
        <button name="answer" value="allow">Cho phép</button><button name="answer" value="deny">Từ chối</button></form>"#;
    let form = forms(page).remove(0).fill("username", "099").press(&["allow"]);
    assert_eq!((form.action.as_str(), form.method.as_str()), ("/auth/x?a=1&b=2", "post"));
    assert_eq!(form.body(), "csrf=k%22&class=2&kind=a&why=a%20%26%20b&number=099&answer=allow");
}
