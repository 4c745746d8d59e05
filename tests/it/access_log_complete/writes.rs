//! What a run writes, and what it tries to.

use serde_json::json;

use super::model::AS_IT_IS;
use super::run::{Caller, Run, measurement};
use crate::patch::JSON_PATCH;
use crate::support::{Stored, value};

impl Run<'_> {
    pub(super) fn write(&mut self, caller: &Caller, patient: &str) {
        let mark = super::new_number().to_string();
        let sent = measurement(patient, &mark);
        match self.chance.below(10) {
            0 => {
                let whole = [("Prefer", "return=representation")];
                drop(self.send(caller, "POST", "/fhir/Observation", &whole, &sent));
            }
            1 if self.chance.below(2) == 0 => self.write_elsewhere(caller, patient, &sent),
            1 => self.life(caller, &sent),
            2 => {
                // About somebody in particular, or about nobody.
                let id = patient.split('/').nth(1).unwrap();
                let whose = if self.chance.below(2) == 0 { format!("&patient={id}") } else { String::new() };
                let criteria = format!("identifier={mark}{whose}");
                for _ in 0..2 {
                    let _ = self.send(
                        caller,
                        "POST",
                        "/fhir/Observation",
                        &[("If-None-Exist", &criteria)],
                        &sent,
                    );
                }
            }
            3 => self.by_criteria(caller, patient, &mark),
            4 => {
                let any = self.chance.pick(&self.pool.resources).clone();
                drop(self.send(caller, "DELETE", &format!("/fhir/{any}"), &[("If-Match", "W/\"99\"")], ""));
            }
            5 => {
                let mut changed = value(&sent);
                changed["id"] = "not-there".into();
                drop(self.send(caller, "PUT", "/fhir/Observation/not-there", &[], &changed.to_string()));
            }
            6 => {
                // Mostly hidden from who asks, or never there: else it is gone once more.
                let any = self.chance.pick(&self.pool.resources).clone();
                let name = if self.chance.below(4) == 0 { "Observation/not-there" } else { &any };
                if !self.pool.patients.contains(&any) && caller.role != "citizen" {
                    drop(self.send(caller, "DELETE", &format!("/fhir/{name}"), &[], ""));
                }
            }
            7 => {
                let any = self.chance.pick(&self.pool.resources).clone();
                let name = if self.chance.below(2) == 0 { patient } else { &any };
                self.misfits(caller, name);
            }
            8 => drop(self.send(
                caller,
                "POST",
                "/fhir/Observation",
                &[],
                "{\"resourceType\":\"Observation\"}",
            )),
            _ => {
                // More than one fits.
                let path = "/fhir/Observation?status=final,amended";
                drop(self.send(caller, "DELETE", path, &[], ""));
            }
        }
    }

    /// Patches that ask what is there, and change nothing.
    fn misfits(&mut self, caller: &Caller, name: &str) {
        let test = json!({"op": "test", "path": "/status", "value": "final"});
        let away = json!({"op": "remove", "path": "/no-such-member"});
        let changes_nothing = json!({"op": "test", "path": "/note/0/text", "value": AS_IT_IS});
        let typed = json!({"op": "replace", "path": "/id", "value": "another"});
        for patch in [json!([test, away]), json!([away]), json!([test, changes_nothing]), json!([typed])] {
            let path = format!("/fhir/{name}");
            let _ = self.send(caller, "PATCH", &path, &[("Content-Type", JSON_PATCH)], &patch.to_string());
        }
    }

    /// From the book in which it may be written to one in which perhaps it may not.
    fn write_elsewhere(&mut self, caller: &Caller, patient: &str, sent: &str) {
        let made = self.send(caller, "POST", "/fhir/Observation", &[], sent);
        if made.status != 201 {
            return;
        }
        let made = Stored::at(made.header("Location").unwrap());
        let mut body = value(sent);
        // Of most people nothing may be written by who asks. What was refused is judged by where it stands in the end, so
        // what moves is not tried before.
        let mut other = self.chance.pick(&self.pool.patients).clone();
        for _ in 0..5 {
            body["subject"] = json!({"reference": other});
            let may = self.send(caller, "POST", "/fhir/Observation", &[], &body.to_string()).status == 201;
            if may && other != patient {
                break;
            }
            other = self.chance.pick(&self.pool.patients).clone();
        }
        if other == patient {
            return;
        }
        body["subject"] = json!({"reference": other});
        body["id"] = made.id.clone().into();
        if self.send(caller, "PUT", &made.path(), &[], &body.to_string()).status == 200 {
            self.look_back(caller, &made.path());
        }
    }

    /// From its creation to its deletion.
    fn life(&mut self, caller: &Caller, sent: &str) {
        let made = self.send(caller, "POST", "/fhir/Observation", &[], sent);
        if made.status != 201 {
            return;
        }
        let made = Stored::at(made.header("Location").unwrap());
        let path = made.path();
        let mut body = value(sent);
        body["id"] = made.id.clone().into();
        body["status"] = "amended".into();
        let whole = [("Prefer", "return=representation")];
        let _ = self.send(caller, "PUT", &path, &whole, &body.to_string()).expect_status(200);
        let _ = self.send(caller, "PUT", &path, &[("If-Match", "W/\"1\"")], &body.to_string());
        let patch = r#"[{"op":"replace","path":"/status","value":"final"}]"#;
        let _ = self.send(caller, "PATCH", &path, &[("Content-Type", JSON_PATCH)], patch).expect_status(200);
        body["note"] = json!([{"text": AS_IT_IS}]);
        let stays = self.send(caller, "POST", "/fhir/Observation", &[], &body.to_string());
        if stays.status == 201 {
            let stays = Stored::at(stays.header("Location").unwrap());
            body["id"] = stays.id.clone().into();
            let again = self.send(caller, "PUT", &stays.path(), &[], &body.to_string()).expect_status(200);
            assert_eq!(again.header("ETag"), Some("W/\"1\""), "nothing was changed");
            let patch = json!([{"op": "test", "path": "/note/0/text", "value": AS_IT_IS}]).to_string();
            let again = self.send(caller, "PATCH", &stays.path(), &[("Content-Type", JSON_PATCH)], &patch);
            assert_eq!(again.expect_status(200).header("ETag"), Some("W/\"1\""), "nothing was changed");
        }
        let gone = self.send(caller, "DELETE", &path, &[], "");
        assert!(gone.status < 300, "{}", gone.status);
        let _ = self.get(caller, &path).expect_status(410);
        let _ = self.get(caller, &format!("{path}/_history")).expect_status(200);
    }

    fn by_criteria(&mut self, caller: &Caller, patient: &str, mark: &str) {
        let whole = [("Prefer", "return=representation")];
        let path = format!("/fhir/Observation?identifier={mark}");
        let mut sent = value(&measurement(patient, mark));
        for status in ["final", "amended"] {
            sent["status"] = status.into();
            let _ = self.send(caller, "PUT", &path, &whole, &sent.to_string());
        }
        let patch = r#"[{"op":"replace","path":"/status","value":"corrected"}]"#;
        let _ = self.send(caller, "PATCH", &path, &[whole[0], ("Content-Type", JSON_PATCH)], patch);
    }
}
