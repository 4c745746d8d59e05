//! Quantities: prefixes with each way to name a unit, UCUM conversion, comparators, ranges. R4, search.html#quantity.

use crate::support::checks::check_each;

const UCUM: &str = "http://unitsofmeasure.org";

fn observation(id: &str, value: &str) -> String {
    let value = if value.is_empty() { String::new() } else { format!(",{value}") };
    format!(r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"x"}}{value}}}"#)
}

/// A value in a UCUM unit.
fn measured(id: &str, value: &str, code: &str) -> String {
    observation(
        id,
        &format!(r#""valueQuantity":{{"value":{value},"unit":"{code}","system":"{UCUM}","code":"{code}"}}"#),
    )
}

#[test]
fn a_mass_by_each_prefix_and_each_way_to_name_the_unit() {
    check_each(|checks| {
        checks.store([
            measured("mg", "5.4", "mg"),
            measured("g", "0.0054", "g"),
            measured("ug", "5400", "ug"),
            measured("more", "5.5", "mg"),
            measured("gram", "5.4", "g"),
            measured("other", "5.4", "mmol/L"),
            observation("plain", r#""valueQuantity":{"value":5.4}"#),
            observation("word", r#""valueQuantity":{"value":5.4,"unit":"mg"}"#),
            observation(
                "local",
                r#""valueQuantity":{"value":5.4,"unit":"liều","system":"urn:example:units","code":"dose"}"#,
            ),
            observation("text", r#""valueString":"5.4""#),
            observation("none", ""),
        ]);
        let mg = "http://unitsofmeasure.org|mg";
        let g = "http://unitsofmeasure.org|g";
        for (value, expected) in [
            // Without a unit: the numbers as they are written.
            ("5.4", "mg gram other plain word local"),
            ("5.40", "mg gram other plain word local"),
            // One digit: 4.5 up to 5.5, which is excluded.
            ("5", "mg gram other plain word local"),
            ("ne5.4", "g ug more"),
            ("gt5.4", "ug more"),
            ("ge5.4", "mg ug more gram other plain word local"),
            ("lt5.4", "g"),
            ("le5.4", "mg g gram other plain word local"),
            ("sa5.4", "ug more"),
            ("eb5.4", "g"),
            ("ap5400", "ug"),
            ("5.4e3", "ug"),
            ("5.4e-3", "g"),
            ("-5.4", ""),
            ("5400,0.0054", "g ug"),
        ] {
            checks.finds(&format!("Observation?value-quantity={value}"), expected);
        }
        for (value, unit, expected) in [
            // In a UCUM unit: whatever the unit it was written in.
            ("5.4", mg, "mg g ug"),
            ("5.40", mg, "mg g ug"),
            ("5.5", mg, "more"),
            ("eq5.4", mg, "mg g ug"),
            ("ne5.4", mg, "more gram"),
            ("gt5.4", mg, "more gram"),
            ("gt5.5", mg, "gram"),
            ("ge5.4", mg, "mg g ug more gram"),
            ("lt5.4", mg, ""),
            ("lt5.5", mg, "mg g ug"),
            ("le5.4", mg, "mg g ug"),
            ("le5.5", mg, "mg g ug more"),
            ("sa5.4", mg, "more gram"),
            ("eb5.5", mg, "mg g ug"),
            ("ap5.4", mg, "mg g ug more"),
            ("0.0054", g, "mg g ug"),
            ("5.4e-3", g, "mg g ug"),
            ("5.5e-3", g, "more"),
            ("5.4", g, "gram"),
            ("gt0.0054", g, "more gram"),
            ("lt0.0055", g, "mg g ug"),
            ("5400", "http://unitsofmeasure.org|ug", "mg g ug"),
            ("5400", "http://unitsofmeasure.org|mg", "gram"),
            ("5.4e-6", "http://unitsofmeasure.org|kg", "mg g ug"),
            ("5.4", "http://unitsofmeasure.org|mmol/L", "other"),
            ("5400", "http://unitsofmeasure.org|umol/L", "other"),
            ("0.0054", "http://unitsofmeasure.org|mol/L", "other"),
            ("5.4", "http://unitsofmeasure.org|umol/mL", "other"),
            ("ge0", "http://unitsofmeasure.org|mmol/L", "other"),
            ("ge0", "http://unitsofmeasure.org|mm", ""),
            // Code or unit is that text, and nothing is converted.
            ("5.4", "|mg", "mg word"),
            ("5.4", "|g", "gram"),
            ("0.0054", "|g", "g"),
            ("gt5", "|mg", "mg more word"),
            ("lt5.5", "|mg", "mg word"),
            ("5.4", "|dose", "local"),
            ("5.4", "|liều", "local"),
            ("5.4", "|MG", ""),
            ("ne5.4", "|mg", "more"),
            // Another system: its code, and nothing is converted.
            ("5.4", "urn:example:units|dose", "local"),
            ("ge5.4", "urn:example:units|dose", "local"),
            ("gt5.4", "urn:example:units|dose", ""),
            ("5.4", "urn:example:units|mg", ""),
            ("5.4", "urn:example:others|dose", ""),
        ] {
            checks.finds(&format!("Observation?value-quantity={value}|{unit}"), expected);
        }
        checks.finds(&format!("Observation?value-quantity=gt5.4|{mg}&value-quantity=lt1|{g}"), "more");
        checks.finds(&format!("Observation?value-quantity=5.5|{mg},5.4|{g},0.0054||g"), "g more gram");
        checks.finds("Observation?value-quantity:missing=true", "text none");
        checks.finds("Observation?value-quantity:missing=false", "mg g ug more gram other plain word local");
        for wrong in [
            "value-quantity=abc",
            "value-quantity=5.4mg",
            "value-quantity=|http://unitsofmeasure.org|mg",
            "value-quantity=gt|http://unitsofmeasure.org|mg",
            "value-quantity=5.4|a|b|c",
            "value-quantity=5,4x",
            "value-quantity:missing=5",
            "value-quantity:exact=5.4",
            "value-quantity:contains=5",
            "value-quantity:not=5.4",
        ] {
            checks.refuses(&format!("Observation?{wrong}"));
        }
    });
}

#[test]
fn temperatures_rates_and_times_are_converted() {
    check_each(|checks| {
        checks.store([
            measured("celsius", "37.0", "Cel"),
            measured("fahrenheit", "98.6", "[degF]"),
            measured("kelvin", "310.15", "K"),
            measured("fever", "39", "Cel"),
            measured("fever-f", "102.2", "[degF]"),
            measured("rate", "72", "/min"),
            measured("hertz", "1.2", "Hz"),
            measured("pressure", "120", "mm[Hg]"),
            measured("percent", "50", "%"),
            measured("fraction", "0.5", "1"),
            measured("hour", "1", "h"),
            measured("minutes", "60", "min"),
        ]);
        for (value, code, expected) in [
            ("37.0", "Cel", "celsius fahrenheit kelvin"),
            ("98.6", "%5BdegF%5D", "celsius fahrenheit kelvin"),
            ("310.15", "K", "celsius fahrenheit kelvin"),
            ("gt38", "Cel", "fever fever-f"),
            ("gt100.4", "%5BdegF%5D", "fever fever-f"),
            ("lt38", "Cel", "celsius fahrenheit kelvin"),
            ("lt100.4", "%5BdegF%5D", "celsius fahrenheit kelvin"),
            ("39.0", "Cel", "fever fever-f"),
            ("ne37.0", "Cel", "fever fever-f"),
            ("sa38", "Cel", "fever fever-f"),
            ("eb38", "Cel", "celsius fahrenheit kelvin"),
            ("72", "/min", "rate hertz"),
            ("1.20", "Hz", "rate hertz"),
            ("gt71", "/min", "rate hertz"),
            ("lt71", "/min", ""),
            ("120", "mm%5BHg%5D", "pressure"),
            ("12.0", "cm%5BHg%5D", "pressure"),
            ("gt100", "mm%5BHg%5D", "pressure"),
            ("50", "%25", "percent fraction"),
            ("gt49", "%25", "percent fraction"),
            ("60", "min", "hour minutes"),
            ("3600", "s", "hour minutes"),
            // One digit: half an hour up to one and a half.
            ("1", "h", "hour minutes"),
            ("1.0", "h", "hour minutes"),
            ("gt1", "h", ""),
            ("ge1", "h", "hour minutes"),
            ("lt1", "d", "hour minutes"),
        ] {
            checks.finds(&format!("Observation?value-quantity={value}|{UCUM}|{code}"), expected);
        }
    });
}

/// `<5` is all below 5, `>=10` all from 10 on. The end itself is asked for nowhere.
#[test]
fn comparators_sampled_data_and_components() {
    check_each(|checks| {
        let with = |id: &str, comparator: &str, value: &str| {
            observation(
                id,
                &format!(
                    r#""valueQuantity":{{"value":{value},"comparator":"{comparator}","unit":"mg","system":"{UCUM}","code":"mg"}}"#
                ),
            )
        };
        let sampled = |id: &str, factor: &str, data: &str| {
            observation(
                id,
                &format!(
                    r#""valueSampledData":{{"origin":{{"value":0,"unit":"mV","system":"{UCUM}","code":"mV"}},"period":10,{factor}"dimensions":1,"data":"{data}"}}"#
                ),
            )
        };
        let component = |code: &str, value: &str, unit: &str| {
            format!(
                r#"{{"code":{{"coding":[{{"code":"{code}"}}]}},"valueQuantity":{{"value":{value},"system":"{UCUM}","code":"{unit}"}}}}"#
            )
        };
        let pressure = |id: &str, first: &str, second: &str| {
            let parts =
                [component("8480-6", first, "mm[Hg]"), component("8462-4", second, "mm[Hg]")].join(",");
            observation(id, &format!(r#""component":[{parts}]"#))
        };
        checks.store([
            with("below", "<", "5"),
            with("upto", "<=", "5"),
            with("above", ">", "10"),
            with("from", ">=", "10"),
            measured("seven", "7", "mg"),
            sampled("wave", "", "2 4 6 E"),
            sampled("scaled", r#""factor":0.5,"#, "20 40"),
            pressure("bp1", "140", "90"),
            pressure("bp2", "118", "76"),
        ]);
        for (value, expected) in [
            ("7|http://unitsofmeasure.org|mg", "seven"),
            ("4|http://unitsofmeasure.org|mg", ""),
            ("ne7|http://unitsofmeasure.org|mg", "below upto above from"),
            ("gt7|http://unitsofmeasure.org|mg", "above from"),
            ("gt4|http://unitsofmeasure.org|mg", "below upto above from seven"),
            ("gt20|http://unitsofmeasure.org|mg", "above from"),
            ("ge20|http://unitsofmeasure.org|mg", "above from"),
            ("lt7|http://unitsofmeasure.org|mg", "below upto"),
            ("lt1|http://unitsofmeasure.org|mg", "below upto"),
            ("le1|http://unitsofmeasure.org|mg", "below upto"),
            ("lt11|http://unitsofmeasure.org|mg", "below upto above from seven"),
            ("sa9|http://unitsofmeasure.org|mg", "above from"),
            ("sa11|http://unitsofmeasure.org|mg", ""),
            ("eb6|http://unitsofmeasure.org|mg", "below upto"),
            ("eb4|http://unitsofmeasure.org|mg", ""),
            ("gt0.02|http://unitsofmeasure.org|g", "above from"),
            ("sa9||mg", "above from"),
            // The range of the data; what could not be measured does not count.
            ("4|http://unitsofmeasure.org|mV", ""),
            ("gt5|http://unitsofmeasure.org|mV", "wave scaled"),
            ("gt6|http://unitsofmeasure.org|mV", "scaled"),
            ("gt20|http://unitsofmeasure.org|mV", ""),
            ("lt3|http://unitsofmeasure.org|mV", "wave"),
            ("lt2|http://unitsofmeasure.org|mV", ""),
            ("sa1|http://unitsofmeasure.org|mV", "wave scaled"),
            ("sa7|http://unitsofmeasure.org|mV", "scaled"),
            ("eb7|http://unitsofmeasure.org|mV", "wave"),
            ("eb21|http://unitsofmeasure.org|mV", "wave scaled"),
            ("ne4|http://unitsofmeasure.org|mV", "wave scaled"),
            ("gt0.015|http://unitsofmeasure.org|V", "scaled"),
            // What is in a component is not the value.
            ("140", ""),
        ] {
            checks.finds(&format!("Observation?value-quantity={value}"), expected);
        }
        for (query, expected) in [
            ("component-value-quantity=140", "bp1"),
            ("component-value-quantity=gt100", "bp1 bp2"),
            ("component-value-quantity=gt100|http://unitsofmeasure.org|mm%5BHg%5D", "bp1 bp2"),
            ("component-value-quantity=gt120|http://unitsofmeasure.org|mm%5BHg%5D", "bp1"),
            ("component-value-quantity=lt80||mm%5BHg%5D", "bp2"),
            ("component-value-quantity=gt100&component-value-quantity=lt80", "bp2"),
            ("component-value-quantity=7", ""),
            ("component-value-quantity:missing=false", "bp1 bp2"),
            ("component-value-quantity:missing=true", "below upto above from seven wave scaled"),
            ("combo-value-quantity=7", "seven"),
            ("combo-value-quantity=140", "bp1"),
            ("combo-value-quantity=gt100|http://unitsofmeasure.org|mm%5BHg%5D", "bp1 bp2"),
            ("combo-value-quantity=sa9|http://unitsofmeasure.org|mg", "above from"),
            ("combo-value-quantity=7,76", "seven bp2"),
            ("combo-value-quantity:missing=true", ""),
            ("value-quantity:missing=true", "bp1 bp2"),
        ] {
            checks.finds(&format!("Observation?{query}"), expected);
        }
    });
}

#[test]
fn durations_ages_ranges_and_money() {
    check_each(|checks| {
        let visit = |id: &str, value: &str, code: &str| {
            format!(
                r#"{{"resourceType":"Encounter","id":"{id}","status":"finished","class":{{"code":"AMB"}},"length":{{"value":{value},"unit":"{code}","system":"{UCUM}","code":"{code}"}}}}"#
            )
        };
        let condition = |id: &str, onset: &str| {
            format!(
                r#"{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"Patient/someone"}}{onset}}}"#
            )
        };
        let age =
            |value: &str, code: &str| format!(r#"{{"value":{value},"system":"{UCUM}","code":"{code}"}}"#);
        let price = |id: &str, value: &str, currency: &str| {
            format!(
                r#"{{"resourceType":"ChargeItem","id":"{id}","status":"billable","code":{{"text":"x"}},"subject":{{"reference":"Patient/someone"}},"priceOverride":{{"value":{value},"currency":"{currency}"}}}}"#
            )
        };
        checks.store([
            visit("hour", "1", "h"),
            visit("ninety", "90", "min"),
            visit("day", "1", "d"),
            r#"{"resourceType":"Encounter","id":"open","status":"in-progress","class":{"code":"AMB"}}"#
                .to_owned(),
            condition("years", &format!(r#","onsetAge":{}"#, age("45", "a"))),
            condition("months", &format!(r#","onsetAge":{}"#, age("540", "mo"))),
            condition("child", &format!(r#","onsetAge":{}"#, age("18", "mo"))),
            condition(
                "forties",
                &format!(r#","onsetRange":{{"low":{},"high":{}}}"#, age("40", "a"), age("50", "a")),
            ),
            condition("old", &format!(r#","onsetRange":{{"low":{}}}"#, age("60", "a"))),
            condition("dated", r#","onsetDateTime":"2020-01-01""#),
            price("dong", "150000", "VND"),
            price("dong2", "99000.5", "VND"),
            price("dollar", "150000", "USD"),
        ]);
        for (query, expected) in [
            ("Encounter?length=60|http://unitsofmeasure.org|min", "hour"),
            ("Encounter?length=1.0|http://unitsofmeasure.org|h", "hour"),
            ("Encounter?length=1.5|http://unitsofmeasure.org|h", "ninety"),
            ("Encounter?length=24|http://unitsofmeasure.org|h", "day"),
            ("Encounter?length=gt1|http://unitsofmeasure.org|h", "ninety day"),
            ("Encounter?length=ge60|http://unitsofmeasure.org|min", "hour ninety day"),
            ("Encounter?length=lt1|http://unitsofmeasure.org|d", "hour ninety"),
            ("Encounter?length=le90|http://unitsofmeasure.org|min", "hour ninety"),
            ("Encounter?length=ne60|http://unitsofmeasure.org|min", "ninety day"),
            ("Encounter?length=90||min", "ninety"),
            ("Encounter?length=gt50", "ninety"),
            ("Encounter?length=1", "hour day"),
            ("Encounter?length:missing=true", "open"),
            ("Encounter?length:missing=false", "hour ninety day"),
            ("Condition?onset-age=45|http://unitsofmeasure.org|a", "years months"),
            ("Condition?onset-age=540|http://unitsofmeasure.org|mo", "years months"),
            ("Condition?onset-age=lt2|http://unitsofmeasure.org|a", "child"),
            ("Condition?onset-age=gt44|http://unitsofmeasure.org|a", "years months forties old"),
            ("Condition?onset-age=gt48|http://unitsofmeasure.org|a", "forties old"),
            ("Condition?onset-age=lt44|http://unitsofmeasure.org|a", "child forties"),
            ("Condition?onset-age=sa39|http://unitsofmeasure.org|a", "years months forties old"),
            ("Condition?onset-age=sa46|http://unitsofmeasure.org|a", "old"),
            ("Condition?onset-age=eb51|http://unitsofmeasure.org|a", "years months child forties"),
            ("Condition?onset-age=eb46|http://unitsofmeasure.org|a", "years months child"),
            ("Condition?onset-age=ne45|http://unitsofmeasure.org|a", "child forties old"),
            ("Condition?onset-age=ge100|http://unitsofmeasure.org|a", "old"),
            ("Condition?onset-age=ap44|http://unitsofmeasure.org|a", "years months forties"),
            ("Condition?onset-age:missing=true", "dated"),
            ("Condition?onset-age:missing=false", "years months child forties old"),
            ("ChargeItem?price-override=150000|urn:iso:std:iso:4217|VND", "dong"),
            ("ChargeItem?price-override=150000|urn:iso:std:iso:4217|USD", "dollar"),
            ("ChargeItem?price-override=150000||VND", "dong"),
            ("ChargeItem?price-override=150000", "dong dollar"),
            ("ChargeItem?price-override=99000.5|urn:iso:std:iso:4217|VND", "dong2"),
            ("ChargeItem?price-override=gt99000|urn:iso:std:iso:4217|VND", "dong dong2"),
            ("ChargeItem?price-override=gt100000|urn:iso:std:iso:4217|VND", "dong"),
            ("ChargeItem?price-override=lt100000|urn:iso:std:iso:4217|VND", "dong2"),
            ("ChargeItem?price-override=150000|urn:iso:std:iso:4217|EUR", ""),
            ("ChargeItem?price-override:missing=true", ""),
        ] {
            checks.finds(query, expected);
        }
    });
}
