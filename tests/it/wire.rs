//! The wire against its last landed schema: nothing that others already speak may change its meaning.
//!
//! `proto/landed.binpb` is the schema that went out last. `LAND=1 cargo test -p tests --test it wire` replaces it,
//! which is a decision of a release and not of a test run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
};

#[test]
fn the_landed_schema_is_still_understood() {
    let landed = landed_file();
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration struct")]
    if std::env::var("LAND").is_ok() {
        std::fs::write(&landed, proto::DESCRIPTORS).unwrap();
    }
    let bytes = std::fs::read(&landed)
        .unwrap_or_else(|error| panic!("{}: {error}; write it with LAND=1", landed.display()));
    let breaks = breaks(&schema(&bytes), &schema(proto::DESCRIPTORS));
    assert!(breaks.is_empty(), "the wire broke:\n{}", breaks.join("\n"));
}

fn landed_file() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/landed.binpb").into()
}

fn schema(bytes: &[u8]) -> FileDescriptorSet {
    FileDescriptorSet::decode(bytes).unwrap()
}

/// What somebody who speaks the landed schema would no longer understand, or understand wrongly.
fn breaks(landed: &FileDescriptorSet, now: &FileDescriptorSet) -> Vec<String> {
    let (messages, enums) = named(now);
    let (landed_messages, landed_enums) = named(landed);
    let mut breaks = Vec::new();
    for (name, landed) in landed_messages {
        match messages.get(&name) {
            Some(now) => message_breaks(&name, landed, now, &mut breaks),
            None => breaks.push(format!("message {name} is gone")),
        }
    }
    for (name, landed) in landed_enums {
        match enums.get(&name) {
            Some(now) => enum_breaks(&name, landed, now, &mut breaks),
            None => breaks.push(format!("enum {name} is gone")),
        }
    }
    breaks
}

fn message_breaks(name: &str, landed: &DescriptorProto, now: &DescriptorProto, breaks: &mut Vec<String>) {
    for old in &landed.field {
        let field = format!("{name}.{} = {}", old.name(), old.number());
        match now.field.iter().find(|field| field.number == old.number) {
            Some(new) if kind(new) != kind(old) => {
                breaks.push(format!("{field} was {:?} and is {:?}", kind(old), kind(new)));
            }
            // The JSON mapping speaks names.
            Some(new) if new.name != old.name => breaks.push(format!("{field} is called {} now", new.name())),
            Some(_) => {}
            None if now.field.iter().any(|field| field.name == old.name) => {
                breaks.push(format!("{field} has another number now"));
            }
            None if is_reserved(now, old) => {}
            None => breaks.push(format!("{field} is gone without `reserved {};`", old.number())),
        }
    }
    for range in &landed.reserved_range {
        for number in range.start()..range.end() {
            if now.field.iter().any(|field| field.number() == number) {
                breaks.push(format!("{name} uses the reserved number {number} again"));
            }
        }
    }
}

fn enum_breaks(
    name: &str,
    landed: &EnumDescriptorProto,
    now: &EnumDescriptorProto,
    breaks: &mut Vec<String>,
) {
    for old in &landed.value {
        match now.value.iter().find(|value| value.number == old.number) {
            Some(new) if new.name == old.name => {}
            Some(new) => breaks.push(format!("{name}: {} is {} now", old.name(), new.name())),
            None => breaks.push(format!("{name}: {} is gone", old.name())),
        }
    }
}

/// What bytes and JSON of a field look like.
fn kind(field: &FieldDescriptorProto) -> (i32, i32, &str) {
    (field.label.unwrap_or_default(), field.r#type.unwrap_or_default(), field.type_name())
}

fn is_reserved(message: &DescriptorProto, field: &FieldDescriptorProto) -> bool {
    message.reserved_range.iter().any(|range| (range.start()..range.end()).contains(&field.number()))
}

type Named<'a> = (BTreeMap<String, &'a DescriptorProto>, BTreeMap<String, &'a EnumDescriptorProto>);

/// All messages and enums by full name; none of ours is nested.
fn named(set: &FileDescriptorSet) -> Named<'_> {
    let mut named = Named::default();
    for file in &set.file {
        for message in &file.message_type {
            assert!(message.nested_type.is_empty() && message.enum_type.is_empty(), "{}", message.name());
            named.0.insert(format!("{}.{}", file.package(), message.name()), message);
        }
        for one in &file.enum_type {
            named.1.insert(format!("{}.{}", file.package(), one.name()), one);
        }
    }
    named
}

/// What breaks when the schema of today becomes that of tomorrow.
#[track_caller]
fn check(change: impl FnOnce(&mut FileDescriptorSet), expected: &[&str]) {
    let today = schema(proto::DESCRIPTORS);
    let mut tomorrow = today.clone();
    change(&mut tomorrow);
    assert_eq!(breaks(&today, &tomorrow), expected);
}

fn plan(set: &mut FileDescriptorSet) -> &mut DescriptorProto {
    set.file
        .iter_mut()
        .flat_map(|file| &mut file.message_type)
        .find(|message| message.name() == "Plan")
        .unwrap()
}

fn trigger(set: &mut FileDescriptorSet) -> &mut EnumDescriptorProto {
    set.file.iter_mut().flat_map(|file| &mut file.enum_type).find(|one| one.name() == "Trigger").unwrap()
}

#[test]
fn a_new_field_breaks_nothing() {
    let field = FieldDescriptorProto { name: Some("more".into()), number: Some(2), ..Default::default() };
    check(|set| plan(set).field.push(field), &[]);
}

#[test]
fn a_field_that_is_gone_must_leave_its_number_reserved() {
    check(|set| plan(set).field.clear(), &["leadfleet.v1.Plan.parts = 1 is gone without `reserved 1;`"]);
    let reserved =
        || prost_reflect::prost_types::descriptor_proto::ReservedRange { start: Some(1), end: Some(2) };
    check(
        |set| {
            plan(set).field.clear();
            plan(set).reserved_range.push(reserved());
        },
        &[],
    );
}

#[test]
fn a_field_of_another_number_type_or_name_breaks() {
    check(|set| plan(set).field[0].number = Some(3), &["leadfleet.v1.Plan.parts = 1 has another number now"]);
    check(
        |set| plan(set).field[0].r#type = Some(9),
        &["leadfleet.v1.Plan.parts = 1 was (1, 13, \"\") and is (1, 9, \"\")"],
    );
    check(
        |set| plan(set).field[0].name = Some("shares".into()),
        &["leadfleet.v1.Plan.parts = 1 is called shares now"],
    );
}

#[test]
fn an_enum_value_that_is_gone_or_means_something_else_breaks() {
    check(|set| drop(trigger(set).value.pop()), &["leadfleet.v1.Trigger: TRIGGER_MANUAL is gone"]);
    check(
        |set| trigger(set).value[3].name = Some("TRIGGER_API".into()),
        &["leadfleet.v1.Trigger: TRIGGER_MANUAL is TRIGGER_API now"],
    );
}

#[test]
fn a_message_that_is_gone_breaks() {
    check(
        |set| {
            for file in &mut set.file {
                file.message_type.retain(|message| message.name() != "Plan");
            }
        },
        &["message leadfleet.v1.Plan is gone"],
    );
}
