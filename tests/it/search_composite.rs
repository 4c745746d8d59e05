//! Composites: both parts in the same place. Places near a point. R4, search.html#combining, location.html#search.

use crate::support::checks::check_each;

const UCUM: &str = "http://unitsofmeasure.org";

fn coded(code: &str) -> String {
    format!(r#""code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}}"#)
}

fn observation(id: &str, more: &str) -> String {
    format!(r#"{{"resourceType":"Observation","id":"{id}","status":"final",{more}}}"#)
}

fn quantity(value: &str, unit: &str) -> String {
    format!(r#""valueQuantity":{{"value":{value},"unit":"{unit}","system":"{UCUM}","code":"{unit}"}}"#)
}

fn concept(code: &str) -> String {
    format!(r#""valueCodeableConcept":{{"coding":[{{"system":"urn:example:answers","code":"{code}"}}]}}"#)
}

#[test]
fn code_and_value_of_one_observation_or_component() {
    check_each(|checks| {
        let with = |code: &str, value: String| format!("{},{value}", coded(code));
        let component = |code: &str, value: String| format!("{{{},{value}}}", coded(code));
        let pressure = |id: &str, systolic: &str, diastolic: &str| {
            let parts = [
                component("8480-6", quantity(systolic, "mm[Hg]")),
                component("8462-4", quantity(diastolic, "mm[Hg]")),
            ];
            observation(id, &format!(r#"{},"component":[{}]"#, coded("85354-9"), parts.join(",")))
        };
        let survey = |id: &str, first: &str, second: &str| {
            let parts = [component("q1", concept(first)), component("q2", concept(second))];
            observation(id, &format!(r#"{},"component":[{}]"#, coded("survey"), parts.join(",")))
        };
        checks.store([
            observation("sugar", &with("2339-0", quantity("5.4", "mmol/L"))),
            observation("sugar-high", &with("2339-0", quantity("11.2", "mmol/L"))),
            observation("potassium", &with("2823-3", quantity("5.4", "mmol/L"))),
            pressure("high", "150", "95"),
            pressure("low", "95", "60"),
            observation("blood", &with("883-9", concept("A"))),
            observation("blood-o", &with("883-9", concept("O"))),
            observation("rhesus", &with("10331-7", concept("A"))),
            survey("yes-no", "yes", "no"),
            survey("no-yes", "no", "yes"),
            observation("word", &with("8251-1", r#""valueString":"Âm tính""#.to_owned())),
            observation("word2", &with("8251-1", r#""valueString":"Dương tính""#.to_owned())),
            observation("due", &with("11778-8", r#""valueDateTime":"2026-12-24""#.to_owned())),
            observation("due-later", &with("11778-8", r#""valueDateTime":"2027-01-05""#.to_owned())),
        ]);
        for (query, expected) in [
            ("code-value-quantity=http://loinc.org|2339-0$5.4", "sugar"),
            ("code-value-quantity=2339-0$5.4", "sugar"),
            ("code-value-quantity=2339-0$gt5.4", "sugar-high"),
            ("code-value-quantity=2339-0$ge5.4", "sugar sugar-high"),
            ("code-value-quantity=2339-0$lt10", "sugar"),
            ("code-value-quantity=2339-0$ne5.4", "sugar-high"),
            ("code-value-quantity=2339-0$ap11", "sugar-high"),
            ("code-value-quantity=2339-0$sa6", "sugar-high"),
            ("code-value-quantity=2339-0$eb6", "sugar"),
            ("code-value-quantity=http://loinc.org|2339-0$5.4|http://unitsofmeasure.org|mmol/L", "sugar"),
            (
                "code-value-quantity=http://loinc.org|2339-0$gt5400|http://unitsofmeasure.org|umol/L",
                "sugar-high",
            ),
            ("code-value-quantity=2339-0$5.4||mmol/L", "sugar"),
            ("code-value-quantity=2339-0$5.4|http://unitsofmeasure.org|mg", ""),
            ("code-value-quantity=urn:example:other|2339-0$5.4", ""),
            ("code-value-quantity=2339-0$gt6,2823-3$lt6", "sugar-high potassium"),
            ("code-value-quantity=2339-0$gt5&code-value-quantity=2339-0$lt6", "sugar"),
            // What is in a component is no value of the observation.
            ("code-value-quantity=8480-6$gt100", ""),
            ("code-value-quantity=85354-9$gt100", ""),
            ("component-code-value-quantity=8480-6$gt140", "high"),
            (
                "component-code-value-quantity=http://loinc.org|8480-6$gt140|http://unitsofmeasure.org|mm%5BHg%5D",
                "high",
            ),
            // 95 is there in both, under another code.
            ("component-code-value-quantity=8480-6$95", "low"),
            ("component-code-value-quantity=8462-4$95", "high"),
            ("component-code-value-quantity=8462-4$gt100", ""),
            ("component-code-value-quantity=8480-6$lt90", ""),
            ("component-code-value-quantity=8480-6$gt90", "high low"),
            ("component-code-value-quantity=8480-6$gt90&component-code-value-quantity=8462-4$lt70", "low"),
            ("component-code-value-quantity=2339-0$5.4", ""),
            ("combo-code-value-quantity=8480-6$gt140", "high"),
            ("combo-code-value-quantity=8462-4$gt100", ""),
            ("combo-code-value-quantity=2339-0$5.4", "sugar"),
            ("combo-code-value-quantity=2339-0$5.4,8480-6$95", "sugar low"),
            // The code of the observation with the value of its component is no pair.
            ("combo-code-value-quantity=85354-9$gt100", ""),
            ("code-value-concept=883-9$A", "blood"),
            ("code-value-concept=883-9$urn:example:answers|A", "blood"),
            ("code-value-concept=http://loinc.org|883-9$urn:example:answers|O", "blood-o"),
            ("code-value-concept=883-9$A,883-9$O", "blood blood-o"),
            ("code-value-concept=883-9$A,10331-7$A", "blood rhesus"),
            ("code-value-concept=883-9$urn:example:other|A", ""),
            ("component-code-value-concept=q1$yes", "yes-no"),
            ("component-code-value-concept=q2$yes", "no-yes"),
            ("component-code-value-concept=q1$yes&component-code-value-concept=q2$no", "yes-no"),
            ("component-code-value-concept=q1$yes&component-code-value-concept=q2$yes", ""),
            ("component-code-value-concept=883-9$A", ""),
            ("combo-code-value-concept=q1$no", "no-yes"),
            ("combo-code-value-concept=883-9$O", "blood-o"),
            ("combo-code-value-concept=survey$yes", ""),
            ("code-value-string=8251-1$am", "word"),
            ("code-value-string=8251-1$Dương tính", "word2"),
            ("code-value-string=8251-1$tinh", ""),
            ("code-value-string=883-9$am", ""),
            ("code-value-date=11778-8$2026-12-24", "due"),
            ("code-value-date=11778-8$2026", "due"),
            ("code-value-date=11778-8$ge2026", "due due-later"),
            ("code-value-date=11778-8$gt2026", "due-later"),
            ("code-value-date=http://loinc.org|11778-8$eb2027", "due"),
            ("code-value-date=8251-1$2026", ""),
            ("component-code-value-quantity:missing=false", "high low"),
            ("code-value-concept:missing=false", "blood blood-o rhesus"),
        ] {
            checks.finds(&format!("Observation?{query}"), expected);
        }
        for wrong in [
            "code-value-quantity=2339-0",
            "code-value-quantity=2339-0$5.4$6",
            "code-value-quantity=2339-0$abc",
            "code-value-quantity=2339-0$5.4,2823-3",
            r"code-value-quantity=2339-0\$5.4",
            "code-value-date=11778-8$someday",
            "code-value-concept=883-9",
            "code-value-quantity:exact=2339-0$5.4",
            "code-value-quantity:not=2339-0$5.4",
        ] {
            checks.refuses(&format!("Observation?{wrong}"));
        }
    });
}

#[test]
fn composites_of_other_resources() {
    check_each(|checks| {
        let group = |id: &str, traits: &[(&str, &str)]| {
            let traits: Vec<String> = traits
                .iter()
                .map(|(code, value)| {
                    format!(r#"{{"code":{{"coding":[{{"code":"{code}"}}]}},{value},"exclude":false}}"#)
                })
                .collect();
            format!(
                r#"{{"resourceType":"Group","id":"{id}","type":"person","actual":true,"characteristic":[{}]}}"#,
                traits.join(",")
            )
        };
        let activity = |id: &str, contexts: &str| {
            format!(
                r#"{{"resourceType":"ActivityDefinition","id":"{id}","status":"draft","useContext":[{contexts}]}}"#
            )
        };
        let usage = |code: &str, value: String| {
            format!(
                r#"{{"code":{{"system":"http://terminology.hl7.org/CodeSystem/usage-context-type","code":"{code}"}},{value}}}"#
            )
        };
        let document = |id: &str, relations: &[(&str, &str)]| {
            let relations: Vec<String> = relations
                .iter()
                .map(|(code, target)| {
                    format!(r#"{{"code":"{code}","target":{{"reference":"DocumentReference/{target}"}}}}"#)
                })
                .collect();
            format!(
                r#"{{"resourceType":"DocumentReference","id":"{id}","status":"current","content":[{{"attachment":{{"title":"x"}}}}],"relatesTo":[{}]}}"#,
                relations.join(",")
            )
        };
        let sequence = |id: &str, chromosome: &str, start: u32, end: u32| {
            format!(
                r#"{{"resourceType":"MolecularSequence","id":"{id}","coordinateSystem":1,"referenceSeq":{{"chromosome":{{"coding":[{{"code":"{chromosome}"}}]}},"genomeBuild":"GRCh38","windowStart":1,"windowEnd":900}},"variant":[{{"start":{start},"end":{end}}},{{"start":5000,"end":5001}}]}}"#
            )
        };
        let yes = r#""valueBoolean":true"#;
        let no = r#""valueBoolean":false"#;
        checks.store([
            group("smokers", &[("smoker", yes), ("vegan", no)]),
            group("vegans", &[("smoker", no), ("vegan", yes)]),
            group("women", &[("gender", &concept("female"))]),
            activity(
                "children",
                &usage("age", r#""valueRange":{"low":{"value":0},"high":{"value":15}}"#.to_owned()),
            ),
            activity("ward", &[usage("venue", concept("ward")), usage("task", concept("home"))].join(",")),
            activity("home", &[usage("venue", concept("home")), usage("task", concept("ward"))].join(",")),
            document("plain", &[("replaces", "old"), ("signs", "contract")]),
            document("mixed", &[("signs", "old"), ("replaces", "contract")]),
            sequence("early", "1", 130, 300),
            sequence("late", "1", 400, 500),
            sequence("second", "2", 130, 300),
        ]);
        for (query, expected) in [
            ("Group?characteristic-value=smoker$true", "smokers"),
            ("Group?characteristic-value=smoker$false", "vegans"),
            ("Group?characteristic-value=vegan$true", "vegans"),
            ("Group?characteristic-value=gender$female", "women"),
            ("Group?characteristic-value=gender$urn:example:answers|female", "women"),
            ("Group?characteristic-value=gender$true", ""),
            ("Group?characteristic-value=smoker$true,vegan$true", "smokers vegans"),
            ("Group?characteristic-value=smoker$true&characteristic-value=vegan$true", ""),
            ("ActivityDefinition?context-type-value=venue$ward", "ward"),
            ("ActivityDefinition?context-type-value=venue$home", "home"),
            ("ActivityDefinition?context-type-value=task$home", "ward"),
            (
                "ActivityDefinition?context-type-value=http://terminology.hl7.org/CodeSystem/usage-context-type|task$urn:example:answers|ward",
                "home",
            ),
            ("ActivityDefinition?context-type-value=age$ward", ""),
            ("ActivityDefinition?context-type-quantity=age$gt10", "children"),
            ("ActivityDefinition?context-type-quantity=age$gt15", ""),
            ("ActivityDefinition?context-type-quantity=venue$gt10", ""),
            ("MolecularSequence?chromosome-variant-coordinate=1$gt123$lt345", "early"),
            ("MolecularSequence?chromosome-variant-coordinate=2$gt123$lt345", "second"),
            ("MolecularSequence?chromosome-variant-coordinate=1$gt123$lt600", "early late"),
            // The start of one variant and the end of another are no pair.
            ("MolecularSequence?chromosome-variant-coordinate=1$gt450$lt600", ""),
            ("MolecularSequence?chromosome-variant-coordinate=3$gt123$lt345", ""),
            ("MolecularSequence?chromosome-window-coordinate=1$lt10$gt800", "early late"),
            ("MolecularSequence?chromosome-window-coordinate=1$gt10$gt800", ""),
        ] {
            checks.finds(query, expected);
        }
        // R4 names `relatesto` and `relation` but gives `code` and `target` in this order; one of both is right.
        let code_first = "DocumentReference?relationship=replaces$DocumentReference/old";
        let target_first = "DocumentReference?relationship=DocumentReference/old$replaces";
        let found: Vec<Vec<String>> = [code_first, target_first]
            .iter()
            .map(|query| if checks.get(query).status == 200 { checks.ids(query) } else { Vec::new() })
            .collect();
        checks.that(found.iter().any(|ids| ids == &["plain"]), format!("relationship: {found:?}"));
        checks.that(found.iter().all(|ids| !ids.contains(&"mixed".to_owned())), format!("{found:?}"));
        for wrong in [
            "MolecularSequence?chromosome-variant-coordinate=1$gt123",
            "MolecularSequence?chromosome-variant-coordinate=1$gt123$x",
            "Group?characteristic-value=smoker",
            "DocumentReference?relationship=replaces",
        ] {
            checks.refuses(wrong);
        }
    });
}

/// From Hoàn Kiếm lake: the opera 1 km, the airport 22 km, Hải Phòng 89 km, Sài Gòn 1,140 km away, more or less.
#[test]
fn places_near_a_point() {
    check_each(|checks| {
        let place = |id: &str, latitude: &str, longitude: &str| {
            format!(
                r#"{{"resourceType":"Location","id":"{id}","position":{{"longitude":{longitude},"latitude":{latitude}}}}}"#
            )
        };
        checks.store([
            place("lake", "21.0287", "105.8524"),
            place("opera", "21.0242", "105.8576"),
            place("airport", "21.2187", "105.8042"),
            place("haiphong", "20.8449", "106.6881"),
            place("saigon", "10.7769", "106.7009"),
            place("fiji-west", "-17.0", "179.95"),
            place("fiji-east", "-17.0", "-179.95"),
            r#"{"resourceType":"Location","id":"nowhere"}"#.to_owned(),
        ]);
        for (value, expected) in [
            ("21.0287|105.8524", "lake opera"),
            ("21.0287|105.8524|0.1|km", "lake"),
            ("21.0287|105.8524|100|m", "lake"),
            ("21.0287|105.8524|1|km", "lake opera"),
            ("21.0287|105.8524|2", "lake opera"),
            ("21.0287|105.8524|18|km", "lake opera"),
            ("21.0287|105.8524|30|km", "lake opera airport"),
            ("21.0287|105.8524|30000|m", "lake opera airport"),
            ("21.0287|105.8524|100|km", "lake opera airport haiphong"),
            ("21.0287|105.8524|1000|km", "lake opera airport haiphong"),
            ("21.0287|105.8524|1300|km", "lake opera airport haiphong saigon"),
            ("10.7769|106.7009|5|km", "saigon"),
            ("-33.0|151.0|50|km", ""),
            ("21.0287|105.8524|1|km,10.7769|106.7009|1|km", "lake opera saigon"),
            // Across the date line.
            ("-17.0|179.99|20|km", "fiji-west fiji-east"),
            ("-17.0|-179.99|20|km", "fiji-west fiji-east"),
        ] {
            checks.finds(&format!("Location?near={value}"), expected);
        }
        checks.finds("Location?near:missing=true", "nowhere");
        checks.finds("Location?near:missing=false", "lake opera airport haiphong saigon fiji-west fiji-east");
        for wrong in [
            "near=21.0287",
            "near=north|east",
            "near=21.0287|105.8524|far|km",
            "near=21.0287|105.8524|-1|km",
            "near=91.0|105.8524",
            "near=21.0287|181",
            "near:exact=21.0287|105.8524",
        ] {
            checks.refuses(&format!("Location?{wrong}"));
        }
    });
}
