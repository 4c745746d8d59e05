//! What all pages have around them.

use maud::{DOCTYPE, Markup, html};

use crate::Language;

/// The one style sheet, served as a file of its own. Contrast of text is 4.5:1 and more, focus is seen, nothing is
/// smaller than a finger.
pub const STYLE: &str = "\
*{box-sizing:border-box}
[hidden]{display:none!important}
body{font:1.0625rem/1.55 system-ui,sans-serif;max-width:30rem;margin:0 auto;padding:1rem;color:#1a2b33;background:#fff}
header{display:flex;justify-content:space-between;align-items:center;gap:1rem;flex-wrap:wrap}
header p{margin:0;font-weight:600}
h1{font-size:1.5rem;line-height:1.25;margin:1.5rem 0 .75rem}
h2{font-size:1.15rem;margin:1.75rem 0 .5rem}
a{color:#00566d}
a.link,button,input,select,summary,textarea{min-height:2.75rem}
a.link{display:inline-flex;align-items:center}
label{display:block;font-weight:600;margin-top:1rem}
input,select,textarea{width:100%;font:inherit;padding:.5rem .65rem;border:2px solid #5b6f78;border-radius:.4rem;background:#fff;color:inherit}
.hint{margin:.15rem 0 .3rem;color:#3f525b}
button,a.button{display:block;width:100%;font:inherit;font-weight:600;text-align:center;text-decoration:none;margin-top:1.25rem;\
padding:.6rem 1rem;border:2px solid #00566d;border-radius:.4rem;background:#00566d;color:#fff;cursor:pointer}
button.second,a.second{background:#fff;color:#00566d}
button.end{border-color:#9b1c1c;background:#fff;color:#9b1c1c;margin-top:.5rem}
:focus-visible{outline:3px solid #b45309;outline-offset:2px}
.error,.notice{border-left:5px solid #9b1c1c;background:#fdf0f0;padding:.75rem 1rem;margin:1rem 0;border-radius:.25rem}
.notice{border-color:#00566d;background:#eef6f8}
.secret{font:1.15rem/1.6 ui-monospace,monospace;overflow-wrap:anywhere;background:#f1f5f6;padding:.75rem;border-radius:.4rem}
ul.list{list-style:none;padding:0;margin:0}
ul.list>li{border-top:1px solid #9aa9b0;padding:.85rem 0}
ul.list p{margin:.1rem 0}
ul.list>li.alarm{border-left:5px solid #9b1c1c;background:#fdf0f0;padding-left:.75rem}
.mark{color:#9b1c1c}
.choice{display:flex;align-items:center;gap:.6rem;margin:1rem 0 0}
.choice input{width:1.5rem;min-height:1.5rem}
.choice label{margin:0}
summary{cursor:pointer;color:#00566d;padding:.5rem 0}
nav ul{display:flex;flex-wrap:wrap;gap:0 1.25rem;list-style:none;padding:0;margin:.5rem 0 0}
nav a{display:inline-flex;align-items:center;min-height:2.75rem}
nav a[aria-current]{color:inherit;font-weight:600}
h3{font-size:1.0625rem;margin:1.25rem 0 .25rem}
body{overflow-wrap:break-word}
dl{margin:0}
dt{font-weight:600;margin-top:.6rem}
dd{margin:.1rem 0 0}
.card{border:1px solid #9aa9b0;border-radius:.6rem;padding:.25rem 1rem 1rem;margin:1rem 0}
.class{font-size:1.3rem;font-weight:600;margin:.5rem 0}
table{border-collapse:collapse;width:100%}
caption,th,td{text-align:left;padding:.35rem .5rem .35rem 0}
td+td,th+th{text-align:right}
tr+tr{border-top:1px solid #9aa9b0}
.trend{display:block;width:100%;height:auto;margin:.5rem 0}
.trend polyline{fill:none;stroke:#00566d;stroke-width:2}
.trend circle{fill:#00566d}
.trend text{font-size:13px;fill:#1a2b33}
@media print{nav,form,.button,header a,details>summary{display:none}body{max-width:none}}
@media (prefers-color-scheme:dark){
body,input,select,textarea{background:#10191d;color:#e6eef1}
a,summary,button.second,a.second{color:#7fd0e6}
.hint{color:#b6c6cd}
input,select,textarea{border-color:#7d929b}
button,a.button{background:#7fd0e6;border-color:#7fd0e6;color:#10191d}
button.second,a.second,button.end{background:#10191d}
button.second,a.second{color:#7fd0e6}
button.end,.mark{color:#ffb4b4}
button.end{border-color:#ffb4b4}
.error,.notice,ul.list>li.alarm{background:#2b2020}
.notice{background:#16272d}
.secret{background:#1b272c}
.trend polyline{stroke:#7fd0e6}
.trend circle{fill:#7fd0e6}
.trend text{fill:#e6eef1}
}
";

/// A whole page. The title is the heading too.
pub fn page(title: &str, language: Language, body: &Markup) -> String {
    page_at(title, language, "?", body)
}

/// A page that is found at an address also when it came as the answer to a form. The address ends with `?` or `&`.
pub(crate) fn page_at(title: &str, language: Language, here: &str, body: &Markup) -> String {
    page_with(title, language, here, &html! {}, body)
}

/// The same with a way to the other pages.
pub(crate) fn page_with(
    title: &str,
    language: Language,
    here: &str,
    navigation: &Markup,
    body: &Markup,
) -> String {
    let other = match language {
        Language::Vietnamese => ("en", "English"),
        Language::English => ("vi", "Tiếng Việt"),
    };
    html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " – " (language.say("Sổ sức khỏe điện tử", "Health book")) }
                link rel="stylesheet" href="/auth/style.css";
            }
            body {
                header {
                    p { (language.say("Sổ sức khỏe điện tử", "Health book")) }
                    a.link href={ (here) "lang=" (other.0) } lang=(other.0) hreflang=(other.0) { (other.1) }
                }
                (navigation)
                main {
                    h1 { (title) }
                    (body)
                }
            }
        }
    }
    .into_string()
}
