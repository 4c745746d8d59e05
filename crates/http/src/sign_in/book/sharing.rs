//! Who may look: the list, the block with the page that asks before, signing out.

use ::web::{BlockChoice, BlockPage, Language, Notice, SharingChange, SharingLine, WhoMayPage};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Form;
use fhir::{Instant, LogicalId, ResourceType};
use health_book::{blocks, name_of, relations};
use interactions::Problem;
use record_store::Journal;
use serde::Deserialize;
use serde_json::Value;

use super::facts::{items, text};
use super::{Visit, Wanted, own_patient, shown, visit};
use crate::sign_in::answer::{Trouble, redirect};
use crate::sign_in::signed_in_pages::{check_form, leave};

/// By which right somebody may look, in words.
fn right(authority: &str, language: Language) -> &'static str {
    let (vietnamese, english) = match authority {
        "presence" => ("Bạn đã đưa mã khi đến khám", "You showed a code when you were there"),
        "encounter" => ("Bạn đã khám tại đây", "You were treated there"),
        "referral" => ("Bạn được chuyển đến đây", "You were referred there"),
        "appointment" => ("Bạn có hẹn khám", "You have an appointment"),
        "home-station" => ("Trạm y tế nơi bạn ở", "The health station where you live"),
        "registration" => ("Nơi đã đăng ký sổ", "It registered the book"),
        "prescription" => ("Bạn đã đưa mã đơn thuốc", "You showed the code of a prescription"),
        "consent" => ("Bạn đã đồng ý", "You agreed"),
        "emergency" => ("Cấp cứu", "An emergency"),
        "delegation" => ("Bạn đã ủy quyền", "You gave a delegation"),
        "guardian" => ("Người giám hộ", "Guardian"),
        _ => ("Theo quyền khác", "By another right"),
    };
    language.say(vietnamese, english)
}

/// Rights that the citizen has given by hand, or that were taken in an emergency: they end by themselves. The others are closed
/// by a block.
const ENDED: [&str; 5] = ["presence", "prescription", "consent", "emergency", "delegation"];

fn line(item: &Value, visit: &Visit<'_>, ends: Option<String>) -> SharingLine {
    let (language, authority) = (visit.language, text(item, "/authority"));
    let is_person = item.get("person").is_some();
    let unnamed = match (is_person, authority) {
        (true, "guardian") => language.say("Người giám hộ", "Guardian"),
        (true, _) => language.say("Người được ủy quyền", "The person with the delegation"),
        (false, _) => language.say("Cơ sở y tế", "A facility"),
    };
    let name = text(item, "/facility/name");
    SharingLine {
        name: if name.is_empty() { unnamed.to_owned() } else { name.to_owned() },
        why: right(authority, language),
        ends,
        closed: item.get("closed").and_then(Value::as_bool).unwrap_or_default(),
        facility: Some(text(item, "/facility/id").to_owned()).filter(|id| !id.is_empty()),
        relation: Some(text(item, "/id").to_owned()).filter(|_| ENDED.contains(&authority)),
    }
}

/// `GET /book/who-may`
pub(super) async fn who_may(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let (book, caller, now) = (&visit.state.app.health_book, &visit.reader.caller, Instant::now());
        let reading = visit.reading()?;
        let person = reading.person().await?;
        let patient = visit.of.as_ref().map(ToString::to_string);
        let wanted = relations::ListRequest { patient, ..relations::ListRequest::default() };
        let list = relations::list(book, caller, wanted, now).await?;
        let (mut facilities, mut people) = (Vec::<SharingLine>::new(), Vec::new());
        for item in items(&list, "/items") {
            let ends = reading.day(text(item, "/ends")).map(|day| day.strftime("%d/%m/%Y").to_string());
            let line = line(item, visit, ends);
            if item.get("person").is_some() {
                people.push(line);
            } else if facilities.iter().all(|known| (&known.name, known.why) != (&line.name, line.why)) {
                facilities.push(line);
            }
        }
        let own = visit.of.is_none();
        let blocked = if own { blocks::facilities(book, caller, now).await? } else { Vec::new() };
        let blocks: Vec<BlockChoice> = blocked
            .into_iter()
            .map(|blocked| BlockChoice { id: blocked.block.to_string(), name: blocked.name })
            .collect();
        let name = name_of(&person);
        let page = WhoMayPage {
            head: visit.head(&name),
            facilities: &facilities,
            people: &people,
            blocks: &blocks,
            may_change: own && visit.reader.may_change(),
        };
        Ok(shown(page.render()))
    })
    .await
}

fn id_of(text: Option<&str>) -> Result<LogicalId, Problem> {
    LogicalId::try_from(text.unwrap_or_default()).map_err(|_| Problem::not_found())
}

/// `GET /book/block`: what follows, before anything is done.
pub(super) async fn block_page(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let facility = id_of(visit.asked.facility.as_deref())?;
        let (book, caller) = (&visit.state.app.health_book, &visit.reader.caller);
        let told = blocks::effects_of_block(book, caller, &facility, Instant::now()).await?;
        let effects: Vec<String> = items(&told, "/effects")
            .iter()
            .map(|effect| text(effect, &format!("/{}", visit.language.code())).to_owned())
            .collect();
        let name = visit.reading()?.facility(&facility).await?;
        let (head, id) = (visit.head(""), facility.as_str());
        Ok(shown(
            BlockPage { head, change: SharingChange::Block, id, name: &name, effects: &effects }.render(),
        ))
    })
    .await
}

/// `GET /book/lift`
pub(super) async fn lift_page(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let block = id_of(visit.asked.block.as_deref())?;
        let (book, caller) = (&visit.state.app.health_book, &visit.reader.caller);
        let blocked = blocks::facility_of_block(book, caller, &block, Instant::now()).await?;
        let effects = [
            visit.language.say(
                "Cơ sở này lại xem được sổ của bạn theo những quyền đang có (ví dụ vì bạn khám tại đó).",
                "The facility can look at your book again, by the rights that it has (because you are treated there, for instance).",
            ),
            visit.language.say("Bạn chặn lại được bất cứ lúc nào.", "You can block it again at any time."),
        ];
        let effects = effects.map(str::to_owned);
        let (head, id) = (visit.head(""), block.as_str());
        let (change, name) = (SharingChange::Lift, &blocked.name);
        Ok(shown(BlockPage { head, change, id, name, effects: &effects }.render()))
    })
    .await
}

/// `GET /book/end`
pub(super) async fn end_page(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let (book, caller) = (&visit.state.app.health_book, &visit.reader.caller);
        let asked = visit.asked.relation.as_deref().unwrap_or_default();
        let list = relations::list(book, caller, relations::ListRequest::default(), Instant::now()).await?;
        let item = items(&list, "/items").iter().find(|item| text(item, "/id") == asked);
        let line = line(item.ok_or_else(Problem::not_found)?, visit, None);
        let relation = line.relation.as_deref().ok_or_else(Problem::not_found)?;
        let say = |vietnamese, english| visit.language.say(vietnamese, english).to_owned();
        let mut effects = vec![
            format!("{}: {}.", say("Quyền này", "This right"), line.why),
            say("Quyền này kết thúc ngay.", "This right ends at once."),
            say(
                "Những quyền khác (ví dụ vì bạn đã khám tại đó) vẫn còn; muốn đóng hết thì chặn cơ sở.",
                "Other rights (because you were treated there, for instance) remain; a block closes all of them.",
            ),
            say("Những gì đã được xem thì không thể thu hồi.", "What was seen by now stays seen."),
        ];
        if relation.starts_with("emergency.") {
            effects.push(say(
                "Việc rà soát lần mở sổ khi cấp cứu này vẫn tiếp tục.",
                "The review of this emergency access goes on.",
            ));
        }
        let (head, change) = (visit.head(""), SharingChange::End);
        Ok(shown(BlockPage { head, change, id: relation, name: &line.name, effects: &effects }.render()))
    })
    .await
}

/// `POST /book/end`
pub(super) async fn end(wanted: Wanted, form: Form<Sent>) -> HttpResponse {
    visit(&wanted, async |visit| {
        may_change(visit, &form)?;
        let relation = form.relation.as_deref().unwrap_or_default();
        relations::end(&visit.state.app.health_book, &visit.reader.caller, relation, Instant::now()).await?;
        Ok(back(visit))
    })
    .await
}

/// A form of these pages.
#[derive(Deserialize)]
pub(super) struct Sent {
    form: String,
    facility: Option<String>,
    block: Option<String>,
    relation: Option<String>,
}

/// That the form is of a page of ours in this browser.
fn is_ours(visit: &Visit<'_>, form: &Sent) -> Result<(), Trouble> {
    check_form(visit.sign_in, &visit.reader.cookie, &form.form)
}

/// That it is, and that the citizen is alone with the device.
fn may_change(visit: &Visit<'_>, form: &Sent) -> Result<(), Trouble> {
    is_ours(visit, form)?;
    if visit.reader.may_change() {
        return Ok(());
    }
    // Staff in a session that they opened for a citizen: that they tried stands in the book.
    if let Some(journal) = Journal::current() {
        journal.concerns(ResourceType::PATIENT, own_patient(&visit.reader)?);
    }
    Err(Trouble::new(StatusCode::FORBIDDEN, Notice::NotPossible))
}

fn back(visit: &Visit<'_>) -> HttpResponse {
    redirect(&format!("/book/who-may?lang={}", visit.language.code()), Vec::new())
}

/// `POST /book/block`
pub(super) async fn block(wanted: Wanted, form: Form<Sent>) -> HttpResponse {
    visit(&wanted, async |visit| {
        may_change(visit, &form)?;
        let facility = id_of(form.facility.as_deref())?;
        let (book, caller) = (&visit.state.app.health_book, &visit.reader.caller);
        blocks::block_organization(book, caller, &facility, Instant::now()).await?;
        Ok(back(visit))
    })
    .await
}

/// `POST /book/lift`
pub(super) async fn lift(wanted: Wanted, form: Form<Sent>) -> HttpResponse {
    visit(&wanted, async |visit| {
        may_change(visit, &form)?;
        let block = form.block.as_deref().unwrap_or_default();
        blocks::lift(&visit.state.app.health_book, &visit.reader.caller, block, Instant::now()).await?;
        Ok(back(visit))
    })
    .await
}

/// `POST /book/sign-out`
pub(super) async fn sign_out(wanted: Wanted, form: Form<Sent>) -> HttpResponse {
    visit(&wanted, async |visit| {
        is_ours(visit, &form)?;
        leave(visit.sign_in, visit.state, &visit.reader.session).await
    })
    .await
}
