//! Strings: folding, words of names and addresses, `:exact`, `:contains`, `:missing`. R4, search.html#string.

use crate::support::checks::check_each;

/// A Patient with one name, its given names divided by `/`.
fn named(id: &str, family: &str, given: &str) -> String {
    let given: Vec<String> = given.split('/').map(|one| format!(r#""{one}""#)).collect();
    format!(
        r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}","given":[{}]}}]}}"#,
        given.join(",")
    )
}

#[test]
fn vietnamese_names_in_each_spelling() {
    check_each(|checks| {
        checks.store([
            named("nfc", "Nguyễn", "Văn/Hòa"),
            named("nfd", "Nguye\u{302}\u{303}n", "Va\u{306}n/Ho\u{300}a"),
            // The same name with the tone on the last vowel, as it is often written.
            named("late", "Nguyễn", "Văn/Hoà"),
            named("caps", "NGUYỄN", "VĂN/HÒA"),
            named("plain", "Nguyen", "Van/Hoa"),
            named("do", "Đỗ", "Đức"),
            named("tho", "Do", "Duc"),
            named("long", "Nguyễn Đình", "Thị/Mỹ Linh"),
            named("wide", "Ｎｇｕｙｅｎ", "Ｂ"),
            named("blanks", "Tôn  Nữ", "Thị"),
            r#"{"resourceType":"Patient","id":"text","name":[{"text":"Lê Thị Kim Ngân"}]}"#.to_owned(),
            r#"{"resourceType":"Patient","id":"none"}"#.to_owned(),
        ]);
        let nguyen = "nfc nfd late caps plain long wide";
        for (query, expected) in [
            ("family=nguyen", nguyen),
            ("family=NGUYEN", nguyen),
            ("family=Nguyễn", nguyen),
            ("family=Nguye\u{302}\u{303}n", nguyen),
            // Marks in the other order.
            ("family=Nguye\u{303}\u{302}n", nguyen),
            ("family=nguyển", nguyen),
            ("family=ｎｇｕｙｅｎ", nguyen),
            ("family=Nguyễn Đình", "long"),
            ("family=nguyen  dinh", "long"),
            ("family=nguyen d", "long"),
            ("family=dinh", ""),
            ("family=guyen", ""),
            ("family=nguyenn", ""),
            ("family=do", "do tho"),
            ("family=Đỗ", "do tho"),
            ("family=đo", "do tho"),
            ("family=ĐỖ", "do tho"),
            ("family=d", "do tho"),
            ("given=duc", "do tho"),
            ("given=Đức", "do tho"),
            ("family=ton nu", "blanks"),
            ("family=Tôn Nữ", "blanks"),
            ("given=hoa", "nfc nfd late caps plain"),
            ("given=Hòa", "nfc nfd late caps plain"),
            ("given=Hoà", "nfc nfd late caps plain"),
            ("given=hoả", "nfc nfd late caps plain"),
            ("given=my linh", "long"),
            ("given=linh", ""),
            ("given=van,thi", "nfc nfd late caps plain long blanks"),
            ("given=van&given=hoa", "nfc nfd late caps plain"),
            // Exactly, character for character.
            ("family:exact=Nguyễn", "nfc late"),
            ("family:exact=Nguye\u{302}\u{303}n", "nfd"),
            ("family:exact=NGUYỄN", "caps"),
            ("family:exact=Nguyen", "plain"),
            ("family:exact=nguyen", ""),
            ("family:exact=Nguyễn Đình", "long"),
            ("family:exact=Đình", ""),
            ("given:exact=Hòa", "nfc"),
            ("given:exact=Hoà", "late"),
            ("given:exact=Hoa", "plain"),
            ("family:exact=Nguyễn,Đỗ", "nfc late do"),
            ("family:exact=Nguyễn&given:exact=Hoà", "late"),
            ("family:exact=Tôn  Nữ", "blanks"),
            ("family:exact=Tôn Nữ", ""),
            // Anywhere.
            ("family:contains=guye", nguyen),
            ("family:contains=ĐÌNH", "long"),
            ("family:contains=dinh", "long"),
            ("family:contains=en", nguyen),
            ("family:contains=n d", "long"),
            ("family:contains=ỗ", "do tho blanks"),
            ("given:contains=linh", "long"),
            ("given:contains=oà", "nfc nfd late caps plain"),
            ("family:contains=xyz", ""),
            ("family:contains=dinh,nu", "long blanks"),
            ("family:missing=true", "text none"),
            ("family:missing=false", "nfc nfd late caps plain do tho long wide blanks"),
            ("given:missing=true", "text none"),
            ("name:missing=true", "none"),
            ("family:missing=true&name:missing=false", "text"),
            // Words of any part, in any order.
            ("name=nguyen", nguyen),
            ("name=hoa", "nfc nfd late caps plain"),
            ("name=Nguyễn Văn Hòa", "nfc nfd late caps plain"),
            ("name=hoa nguyen", "nfc nfd late caps plain"),
            ("name=Hòa Văn Nguyễn", "nfc nfd late caps plain"),
            ("name=ng ho", "nfc nfd late caps plain"),
            ("name=nguyen linh", "long"),
            ("name=linh dinh", "long"),
            ("name=linh", "long"),
            ("name=guyen", ""),
            ("name=nguyen binh", ""),
            ("name=kim ngan", "text"),
            ("name=ngân lê", "text"),
            ("name=Đức Đỗ", "do tho"),
            ("name=duc,ngan", "do tho text"),
            ("phonetic=nguyen linh", "long"),
            ("phonetic=ngan", "text"),
            ("name:exact=Nguyễn", "nfc late"),
            ("name:exact=Hoà", "late"),
            ("name:exact=Nguyễn Văn", ""),
            ("name:exact=Lê Thị Kim Ngân", "text"),
            ("name:contains=guy", nguyen),
            ("name:contains=inh", "long"),
            ("name:contains=im ng", "text"),
        ] {
            checks.finds(&format!("Patient?{query}"), expected);
        }
        for wrong in ["family:missing=yes", "family:not=x", "family:in=x", "family:text=x", "name:below=x"] {
            checks.refuses(&format!("Patient?{wrong}"));
        }
    });
}

#[test]
fn addresses_by_words_and_by_parts() {
    check_each(|checks| {
        let at = |id: &str, address: &str| {
            format!(r#"{{"resourceType":"Patient","id":"{id}","address":[{{{address}}}]}}"#)
        };
        checks.store([
            at(
                "hanoi",
                r#""use":"home","line":["12 Tràng Tiền"],"district":"Hoàn Kiếm","city":"Hà Nội","postalCode":"11000","country":"VN""#,
            ),
            at(
                "saigon",
                r#""use":"work","line":["45 Lê Lợi","Lầu 3"],"district":"Quận 1","state":"Hồ Chí Minh","postalCode":"71000","country":"VN""#,
            ),
            at("text", r#""text":"Thôn Đoài, xã Đông Hội, huyện Đông Anh, Hà Nội""#),
            at("old", r#""use":"old","city":"Huế""#),
            r#"{"resourceType":"Patient","id":"none"}"#.to_owned(),
        ]);
        for (query, expected) in [
            ("address=ha noi", "hanoi text"),
            ("address=Hà Nội", "hanoi text"),
            ("address=noi ha", "hanoi text"),
            ("address=noi", "hanoi text"),
            ("address=trang tien ha noi", "hanoi"),
            ("address=hoan kiem 12", "hanoi"),
            ("address=11000", "hanoi"),
            ("address=110", "hanoi"),
            ("address=vn", "hanoi saigon"),
            ("address=le loi ho chi minh", "saigon"),
            ("address=lau 45", "saigon"),
            ("address=dong anh", "text"),
            ("address=đoài", "text"),
            ("address=hue", "old"),
            ("address=hue vn", ""),
            ("address=oi", ""),
            ("address=hue,saigon,loi", "saigon old"),
            ("address:contains=rang", "hanoi"),
            ("address:exact=Hà Nội", "hanoi"),
            ("address:exact=Huế", "old"),
            ("address:exact=hue", ""),
            ("address:missing=true", "none"),
            ("address-city=ha", "hanoi"),
            ("address-city=hue", "old"),
            ("address-city:exact=Hà Nội", "hanoi"),
            ("address-city:missing=true", "saigon text none"),
            ("address-state=ho chi", "saigon"),
            ("address-state=chi minh", ""),
            ("address-state:contains=chi minh", "saigon"),
            ("address-postalcode=71000", "saigon"),
            ("address-postalcode=7", "saigon"),
            ("address-country=vn", "hanoi saigon"),
            ("address-use=home", "hanoi"),
            ("address-use:not=home", "saigon text old none"),
            ("address-use:missing=true", "text none"),
        ] {
            checks.finds(&format!("Patient?{query}"), expected);
        }
    });
}

/// The first 256 folded characters count, but `:exact` looks at all of the text.
#[test]
fn long_texts_and_signs_of_the_syntax() {
    check_each(|checks| {
        let place = |id: &str, name: &str| {
            format!(r#"{{"resourceType":"Organization","id":"{id}","name":"{name}"}}"#)
        };
        let long = format!("Bệnh viện {}", "đa khoa ".repeat(40));
        let one = format!("{long}Một");
        let two = format!("{long}Hai");
        checks.store([
            place("one", &one),
            place("two", &two),
            place("ray", "Bệnh viện Chợ Rẫy"),
            place("signs", r"A,B|C$D\\E & F"),
            place("percent", "100% Khỏe_mạnh*"),
            place("quote", r#"Nhà thuốc \"Số 1\" (24/7)"#),
            place("a", "A"),
            r#"{"resourceType":"Organization","id":"alias","name":"Z","alias":["Chợ Rẫy"]}"#.to_owned(),
        ]);
        let long_word = "đa khoa ".repeat(20);
        for (query, expected) in [
            (format!("name=Bệnh viện {long_word}"), "one two"),
            (format!("name={one}"), "one two"),
            (format!("name:exact={one}"), "one"),
            (format!("name:exact={two}"), "two"),
            (format!("name:exact={long}"), ""),
            (format!("name:contains={long_word}"), "one two"),
            ("name=benh vien".to_owned(), "one two ray"),
            ("name=benh vien cho".to_owned(), "ray"),
            ("name=cho ray".to_owned(), "alias"),
            ("name=ray".to_owned(), ""),
            ("name:contains=cho ray".to_owned(), "ray alias"),
            ("name:exact=Chợ Rẫy".to_owned(), "alias"),
            (r"name=A\,B\|C\$D\\E".to_owned(), "signs"),
            (r"name:exact=A\,B\|C\$D\\E %26 F".to_owned(), "signs"),
            (r"name:contains=\,b\|c".to_owned(), "signs"),
            (r"name:contains=\\".to_owned(), "signs"),
            (r"name:exact=A\,B".to_owned(), ""),
            ("name:exact=A,B".to_owned(), "a"),
            ("name:contains=%25".to_owned(), "percent"),
            ("name:contains=_".to_owned(), "percent"),
            ("name:contains=*".to_owned(), "percent"),
            ("name=100%25 khoe_manh*".to_owned(), "percent"),
            ("name=100_".to_owned(), ""),
            ("name:contains=\"so 1\"".to_owned(), "quote"),
            ("name:contains=(24/7)".to_owned(), "quote"),
            ("name=nha thuoc \"so".to_owned(), "quote"),
            ("name:contains=' OR 1=1 --".to_owned(), ""),
        ] {
            checks.finds(&format!("Organization?{query}"), expected);
        }
    });
}
