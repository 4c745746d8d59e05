//! Texts become lines, and lines pages.

use crate::font::{Font, Weight, plain};

/// A4, in points.
pub(crate) const PAGE: (f32, f32) = (595.28, 841.89);
/// White around the text.
const MARGIN: f32 = 56.0;
/// The number of the page stands in the lower margin.
pub(crate) const FOOT: f32 = 32.0;
/// Size of the number of the page.
pub(crate) const FOOT_SIZE: f32 = 8.0;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// The title.
    Title,
    /// Begins a section.
    Heading,
    /// Begins one of several alike within a section: who hears the document goes from one to the next.
    Entry,
    /// Stands out.
    Strong,
    /// All else.
    Body,
    /// Less important.
    Note,
    /// To be copied letter by letter: its lines stay, and are cut anywhere.
    Exact,
}

impl Style {
    pub(crate) fn weight(self) -> Weight {
        match self {
            Self::Title | Self::Heading | Self::Entry | Self::Strong => Weight::Bold,
            Self::Body | Self::Note | Self::Exact => Weight::Regular,
        }
    }

    pub(crate) fn size(self) -> f32 {
        match self {
            Self::Title => 18.0,
            Self::Heading => 13.0,
            Self::Entry | Self::Strong | Self::Body => 10.5,
            Self::Note => 9.0,
            Self::Exact => 8.5,
        }
    }

    /// White above, and what must be on the same page, in points.
    fn space(self) -> (f32, f32) {
        match self {
            Self::Title => (0.0, 80.0),
            Self::Heading => (14.0, 80.0),
            Self::Entry | Self::Strong => (8.0, 50.0),
            Self::Body | Self::Note | Self::Exact => (1.5, 0.0),
        }
    }
}

/// A text, which becomes one or more lines.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) style: Style,
    pub(crate) text: String,
}

/// A line at its place.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The number of its block.
    pub(crate) block: usize,
    pub(crate) style: Style,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) text: String,
}

/// The pages; there is at least one.
pub(crate) fn pages(blocks: &[Block], regular: &Font, bold: &Font) -> Vec<Vec<Line>> {
    let (mut pages, mut page) = (Vec::new(), Vec::new());
    let top = PAGE.1 - MARGIN;
    let mut y = top;
    for (number, block) in blocks.iter().enumerate() {
        let style = block.style;
        let font = if style.weight() == Weight::Bold { bold } else { regular };
        let (above, together) = style.space();
        let height = style.size() * 1.4;
        if y < top {
            y -= above;
            if y - together < MARGIN {
                pages.push(std::mem::take(&mut page));
                y = top;
            }
        }
        for text in lines(&block.text, style, font) {
            if y - height < MARGIN {
                pages.push(std::mem::take(&mut page));
                y = top;
            }
            y -= height;
            page.push(Line { block: number, style, x: MARGIN, y, text });
        }
    }
    pages.push(page);
    pages
}

fn lines(text: &str, style: Style, font: &Font) -> Vec<String> {
    let most = (PAGE.0 - 2.0 * MARGIN) * 1_000.0 / style.size();
    if style == Style::Exact {
        return text.lines().flat_map(|line| cut(&plain(line), most, font)).collect();
    }
    let text = plain(text);
    let (mut lines, mut line) = (Vec::new(), String::new());
    let (mut width, space) = (0.0, font.width(" "));
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        for piece in cut(word, most, font) {
            let wide = font.width(&piece);
            if !line.is_empty() && width + space + wide > most {
                lines.push(std::mem::take(&mut line));
                width = 0.0;
            }
            if !line.is_empty() {
                line.push(' ');
                width += space;
            }
            line.push_str(&piece);
            width += wide;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text in pieces that are not wider than a line.
fn cut(text: &str, most: f32, font: &Font) -> Vec<String> {
    let (mut pieces, mut piece, mut width) = (Vec::new(), String::new(), 0.0);
    for letter in text.chars() {
        let wide = font.width(letter.encode_utf8(&mut [0; 4]));
        if width + wide > most && !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
            width = 0.0;
        }
        piece.push(letter);
        width += wide;
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(blocks: &[(Style, &str)]) -> Vec<Vec<Line>> {
        let blocks: Vec<_> =
            blocks.iter().map(|(style, text)| Block { style: *style, text: (*text).to_owned() }).collect();
        pages(&blocks, &Font::new(Weight::Regular).unwrap(), &Font::new(Weight::Bold).unwrap())
    }

    #[test]
    fn no_line_is_wider_than_the_page_and_nothing_is_lost() {
        let font = Font::new(Weight::Regular).unwrap();
        let long = format!("{} {}", "ắ".repeat(500), "một hai ba ".repeat(200));
        let pages = laid_out(&[(Style::Body, &long), (Style::Exact, &"x".repeat(400))]);
        for line in pages.iter().flatten() {
            let wide = font.width(&line.text) * line.style.size() / 1_000.0;
            assert!(wide <= PAGE.0 - 2.0 * MARGIN + 0.1, "{}", line.text);
        }
        let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).count();
        let kept: usize = pages.iter().flatten().map(|line| letters(&line.text)).sum();
        assert_eq!(kept, letters(&long) + 400);
    }

    #[test]
    fn what_does_not_fit_goes_to_the_next_page() {
        let blocks = vec![(Style::Body, "một dòng"); 200];
        let pages = laid_out(&blocks);
        assert!(pages.len() > 2);
        assert_eq!(pages.iter().map(Vec::len).sum::<usize>(), 200);
        assert!(pages.iter().flatten().all(|line| line.y >= MARGIN - 0.1 && line.y < PAGE.1 - MARGIN));
        assert_eq!(laid_out(&[]).len(), 1);
    }
}
