//! The checksum that is signed: `UPPER(SHA256(header)) + "." + UPPER(SHA256(data))`.

use aws_lc_rs::digest::{SHA256, digest};

/// The checksum of a header and of what stands for the data.
pub fn checksum(header: &str, data: &str) -> String {
    format!("{}.{}", hash(header), hash(data))
}

fn hash(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A JSON text without the white space between its parts; what stands in texts stays. The text is valid JSON.
pub(super) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for letter in json.chars() {
        if !in_text && matches!(letter, ' ' | '\t' | '\n' | '\r') {
            continue;
        }
        out.push(letter);
        match letter {
            '"' if !escaped => in_text = !in_text,
            _ => {}
        }
        escaped = in_text && letter == '\\' && !escaped;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_and_texts_stay() {
        assert_eq!(compact("{ \"a b\" : \"c \\\" d\\\\\" ,\n\"e\": 1 }"), r#"{"a b":"c \" d\\","e":1}"#);
    }

    #[test]
    fn the_checksum_of_a_known_message() {
        // Computed with another program over the same texts.
        let header = concat!(
            r#"{"version":"1.0.6","sender_id":"2000000990019","receiver_id":"TDLBYT","txn_type":"sync_checkup","#,
            r#""msg_id":"200000099001926112000000000000040008000000000000001","msg_type":"101","#,
            r#""data_type":"xml/base64","send_datetime":1795132800000}"#
        );
        let known = "9BF08436B7804EA5424C8A13E34FFFB744A4D9A53F7B83936685E83127C07E47";
        let empty = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
        assert_eq!(checksum(header, ""), format!("{known}.{empty}"));
    }
}
