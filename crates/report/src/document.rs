//! The form of a document: PDF 1.7 (ISO 32000-1) with tags (section 14.8), its letters within, and one signature
//! (section 12.8) over all of it.

use std::io::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use fhir::Instant;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{
    AnnotationFlags, CidFontType, FieldType, FontFlags, SigFlags, StructRole, SystemInfo, TabOrder,
    UnicodeCmap,
};
use pdf_writer::{Content, Date, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::font::{Font, Weight};
use crate::layout::{Block, FOOT, FOOT_SIZE, Line, PAGE, Style, pages};
use crate::{ReportError, Seal};

/// Stands for the parts of the file that are signed, until they are known.
const RANGES: [i32; 3] = [2_000_000_001, 2_000_000_002, 2_000_000_003];

const IDENTITY: SystemInfo<'_> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// What a document is, besides its text.
pub(crate) struct Description<'a> {
    pub(crate) title: &'a str,
    /// `vi` or `en`.
    pub(crate) language: &'a str,
    /// What the signature is for.
    pub(crate) reason: &'a str,
    /// The word for a page.
    pub(crate) page: &'a str,
    pub(crate) made: Instant,
}

/// Numbers of objects.
struct Numbers(i32);

impl Numbers {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

/// Where a line is: its page, and its number among those of the page.
type Place = (Ref, i32);

/// The document, signed.
pub(crate) fn document(
    blocks: &[Block],
    description: &Description<'_>,
    seal: &Seal,
) -> Result<Vec<u8>, ReportError> {
    let (mut regular, mut bold) = (Font::new(Weight::Regular)?, Font::new(Weight::Bold)?);
    let pages = pages(blocks, &regular, &bold);
    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let mut numbers = Numbers(0);
    let [catalog, tree, root, whole, field, signature] = std::array::from_fn(|_| numbers.next());
    let [plain, strong] = std::array::from_fn(|_| numbers.next());
    let elements: Vec<Ref> = blocks.iter().map(|_| numbers.next()).collect();
    let mut places: Vec<Vec<Place>> = vec![Vec::new(); blocks.len()];
    let mut kids = Vec::new();
    let mut owners: Vec<Vec<Ref>> = Vec::new();
    let count = pages.len();
    for (number, lines) in pages.iter().enumerate() {
        let (page, content) = (numbers.next(), numbers.next());
        let key = i32::try_from(number).map_err(|_| ReportError::TooLarge)?;
        let mut owner = Vec::new();
        let mut text = Content::new();
        for line in lines {
            let mark = i32::try_from(owner.len()).map_err(|_| ReportError::TooLarge)?;
            let font = if line.style.weight() == Weight::Bold { &mut bold } else { &mut regular };
            show(&mut text, line, mark, font);
            owner.extend(elements.get(line.block));
            if let Some(places) = places.get_mut(line.block) {
                places.push((page, mark));
            }
        }
        foot(&mut text, &format!("{} {}/{count}", description.page, number + 1), &mut regular);
        let bytes = packed(&text.finish())?;
        pdf.stream(content, &bytes).filter(Filter::FlateDecode);
        let mut written = pdf.page(page);
        written.parent(tree).media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).contents(content);
        written.struct_parents(key).tab_order(TabOrder::StructureOrder);
        written.resources().fonts().pair(Name(b"R"), plain).pair(Name(b"B"), strong);
        if number == 0 {
            written.annotations([field]);
        }
        written.finish();
        kids.push(page);
        owners.push(owner);
    }
    let first = kids.first().copied().ok_or(ReportError::TooLarge)?;
    pdf.pages(tree)
        .kids(kids.iter().copied())
        .count(i32::try_from(count).map_err(|_| ReportError::TooLarge)?);
    write_tags(&mut pdf, &mut numbers, (root, whole), blocks, &elements, &places, &owners);
    write_font(&mut pdf, &mut numbers, plain, &regular)?;
    write_font(&mut pdf, &mut numbers, strong, &bold)?;
    write_catalog(&mut pdf, catalog, tree, root, field, description);
    let info = numbers.next();
    let date = date(description.made);
    let mut information = pdf.document_info(info);
    information.title(TextStr(description.title)).producer(TextStr("Healthbook"));
    if let Some(date) = date {
        information.creation_date(date);
    }
    information.finish();
    write_field(&mut pdf, field, signature, first);
    let room = seal.room();
    let mut dictionary = pdf.indirect(signature).dict();
    dictionary.pair(Name(b"Type"), Name(b"Sig")).pair(Name(b"Filter"), Name(b"Adobe.PPKLite"));
    dictionary.pair(Name(b"SubFilter"), Name(b"ETSI.CAdES.detached"));
    dictionary.insert(Name(b"ByteRange")).array().item(0).items(RANGES);
    dictionary.pair(Name(b"Contents"), Str(&vec![0xff; room]));
    dictionary.pair(Name(b"Reason"), TextStr(description.reason));
    if let Some(date) = date {
        dictionary.pair(Name(b"M"), date);
    }
    dictionary.finish();
    sign(pdf.finish(), room, seal)
}

/// One line, as a marked piece of its block.
fn show(text: &mut Content, line: &Line, mark: i32, font: &mut Font) {
    let name: &[u8] = if line.style.weight() == Weight::Bold { b"B" } else { b"R" };
    text.begin_marked_content_with_properties(role(line.style).to_name()).properties().identify(mark);
    text.begin_text().set_font(Name(name), line.style.size());
    text.next_line(line.x, line.y).show(Str(&font.encode(&line.text)));
    text.end_text().end_marked_content();
}

/// The number of the page, which nobody reads aloud.
fn foot(text: &mut Content, words: &str, font: &mut Font) {
    let x = (PAGE.0 - font.width(words) * FOOT_SIZE / 1_000.0) / 2.0;
    text.begin_marked_content(Name(b"Artifact"));
    text.begin_text().set_font(Name(b"R"), FOOT_SIZE);
    text.next_line(x, FOOT).show(Str(&font.encode(words)));
    text.end_text().end_marked_content();
}

fn role(style: Style) -> StructRole {
    match style {
        Style::Title => StructRole::H1,
        Style::Heading => StructRole::H2,
        Style::Entry => StructRole::H3,
        Style::Strong | Style::Body | Style::Note | Style::Exact => StructRole::P,
    }
}

fn write_tags(
    pdf: &mut Pdf,
    numbers: &mut Numbers,
    (root, whole): (Ref, Ref),
    blocks: &[Block],
    elements: &[Ref],
    places: &[Vec<Place>],
    owners: &[Vec<Ref>],
) {
    let lists: Vec<Ref> = owners.iter().map(|_| numbers.next()).collect();
    let mut tags = pdf.indirect(root).start::<pdf_writer::writers::StructTreeRoot<'_>>();
    tags.child(whole);
    let mut parents = tags.parent_tree();
    let mut entries = parents.nums();
    for (key, list) in (0..).zip(&lists) {
        entries.insert(key, *list);
    }
    entries.finish();
    parents.finish();
    tags.parent_tree_next_key(i32::try_from(lists.len()).unwrap_or(i32::MAX));
    tags.finish();
    for (list, owner) in lists.iter().zip(owners) {
        pdf.indirect(*list).array().items(owner.iter().copied());
    }
    let mut document = pdf.struct_element(whole);
    document.kind(StructRole::Document).parent(root);
    document.children().items(elements.iter().copied());
    document.finish();
    for ((element, block), places) in elements.iter().zip(blocks).zip(places) {
        let mut tag = pdf.struct_element(*element);
        tag.kind(role(block.style)).parent(whole);
        let mut children = tag.children();
        for (page, mark) in places {
            children.marked_content_ref().page(*page).marked_content_id(*mark);
        }
    }
}

fn write_font(pdf: &mut Pdf, numbers: &mut Numbers, font: Ref, letters: &Font) -> Result<(), ReportError> {
    let [descendant, descriptor, file, unicode] = std::array::from_fn(|_| numbers.next());
    let name = Name(letters.name.as_bytes());
    let mut composite = pdf.type0_font(font);
    composite.base_font(name).encoding_predefined(Name(b"Identity-H"));
    composite.descendant_font(descendant).to_unicode(unicode);
    composite.finish();
    let mut cid = pdf.cid_font(descendant);
    cid.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY).font_descriptor(descriptor);
    cid.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = cid.widths();
    for (glyph, (_, width)) in &letters.used {
        widths.consecutive(*glyph, [*width]);
    }
    widths.finish();
    cid.finish();
    let [left, bottom, right, top] = letters.bounds();
    let mut described = pdf.font_descriptor(descriptor);
    described.name(name).flags(FontFlags::SYMBOLIC).bbox(Rect::new(left, bottom, right, top));
    described.italic_angle(0.0).ascent(letters.ascent()).descent(letters.descent());
    described.cap_height(letters.cap_height()).stem_v(80.0).font_file2(file);
    described.finish();
    let bytes = packed(letters.file)?;
    let length = i32::try_from(letters.file.len()).map_err(|_| ReportError::TooLarge)?;
    pdf.stream(file, &bytes).filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
    let mut map = UnicodeCmap::new(Name(b"Healthbook"), IDENTITY);
    for (glyph, (letter, _)) in &letters.used {
        map.pair(*glyph, *letter);
    }
    let bytes = packed(&map.finish())?;
    pdf.stream(unicode, &bytes).filter(Filter::FlateDecode);
    Ok(())
}

fn write_catalog(
    pdf: &mut Pdf,
    catalog: Ref,
    tree: Ref,
    root: Ref,
    field: Ref,
    description: &Description<'_>,
) {
    let mut written = pdf.catalog(catalog);
    written.pages(tree).lang(TextStr(description.language));
    written.mark_info().marked(true);
    written.viewer_preferences().display_doc_title(true);
    written.pair(Name(b"StructTreeRoot"), root);
    written.form().fields([field]).sig_flags(SigFlags::SIGNATURES_EXIST | SigFlags::APPEND_ONLY);
}

/// The field of the signature, which is not seen on the page.
fn write_field(pdf: &mut Pdf, field: Ref, signature: Ref, page: Ref) {
    let mut written = pdf.form_field(field);
    written.field_type(FieldType::Signature).partial_name(TextStr("Signature"));
    written.pair(Name(b"V"), signature);
    let mut annotation = written.into_annotation();
    annotation.rect(Rect::new(0.0, 0.0, 0.0, 0.0)).page(page);
    annotation.flags(AnnotationFlags::PRINT | AnnotationFlags::LOCKED);
}

/// Puts the signature into its place: it covers every byte but its own.
fn sign(mut file: Vec<u8>, room: usize, seal: &Seal) -> Result<Vec<u8>, ReportError> {
    let placeholder = RANGES.map(|number| number.to_string()).join(" ");
    let ranges = place(&file, placeholder.as_bytes()).ok_or(ReportError::Signature)?;
    let begin = (ranges..file.len())
        .find(|at| {
            file.get(*at) == Some(&b'<')
                && file.get(at + 1).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'f'))
        })
        .ok_or(ReportError::Signature)?;
    let end = begin + 2 * room + 2;
    if file.get(end - 1) != Some(&b'>') {
        return Err(ReportError::Signature);
    }
    let numbers = format!("{begin} {end} {}", file.len() - end);
    let numbers = format!("{numbers:<width$}", width = placeholder.len());
    file.get_mut(ranges..ranges + placeholder.len())
        .ok_or(ReportError::Signature)?
        .copy_from_slice(numbers.as_bytes());
    let (before, rest) = file.split_at(begin);
    let behind = rest.get(end - begin..).unwrap_or_default();
    let signature = seal.sign(digest(&SHA256, &[before, behind].concat()).as_ref())?;
    if signature.len() > room {
        return Err(ReportError::Signature);
    }
    let mut hex: String = signature.iter().map(|byte| format!("{byte:02X}")).collect();
    hex.extend(std::iter::repeat_n('0', 2 * (room - signature.len())));
    file.get_mut(begin + 1..end - 1).ok_or(ReportError::Signature)?.copy_from_slice(hex.as_bytes());
    Ok(file)
}

/// The last place of a text in a file: what is signed is written last.
fn place(file: &[u8], text: &[u8]) -> Option<usize> {
    file.windows(text.len()).rposition(|window| window == text)
}

fn packed(bytes: &[u8]) -> Result<Vec<u8>, ReportError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|_| ReportError::TooLarge)
}

fn date(moment: Instant) -> Option<Date> {
    let moment = jiff::Timestamp::from_microsecond(moment.microseconds()).ok()?;
    let moment = jiff::tz::TimeZone::UTC.to_datetime(moment);
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    let date =
        Date::new(u16::try_from(moment.year()).ok()?).month(part(moment.month())).day(part(moment.day()));
    Some(
        date.hour(part(moment.hour()))
            .minute(part(moment.minute()))
            .second(part(moment.second()))
            .utc_offset_hour(0),
    )
}
