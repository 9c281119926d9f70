//! Writes the seeds that are made and not written by hand: every message, whole and cut, as protobuf and as JSON.

use std::path::Path;

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

const ROOMS: [&str; 4] = ["protobuf", "json", "dead_edit", "envelope"];

/// What is said to workers by others than workers.
const SAID_FROM_OUTSIDE: [&str; 4] = ["ScrapeDone", "RunRequest", "Alert", "MatchConfig"];

fn main() -> anyhow::Result<()> {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS)?;
    let [protobuf, json, edit, envelope] = ROOMS.map(fuzz::corpus_folder);
    let taken = fuzz::messages();
    for kind in pool.all_messages().filter(|kind| !kind.is_map_entry()) {
        let name = kind.name().to_owned();
        let message = filled(&kind, 0);
        let bytes = message.encode_to_vec();
        let shown = proto::to_json(kind.full_name(), &bytes)?;
        if taken.contains(&name.as_str()) {
            keep(&protobuf, &format!("good-{name}"), &bytes)?;
            keep(&protobuf, &format!("cut-{name}"), &bytes[..bytes.len() * 2 / 3])?;
        }
        if SAID_FROM_OUTSIDE.contains(&name.as_str()) {
            keep(&json, &format!("good-{name}"), shown.to_string().as_bytes())?;
            let text = format!("{}\n{shown}", kind.full_name());
            keep(&edit, &format!("good-{name}"), text.as_bytes())?;
        }
        if name == "RunRequest" {
            let mut text = format!("Lf-Schema: {}\nContent-Type: application/protobuf\n", kind.full_name());
            text.push_str("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n\n");
            keep(&envelope, "good-protobuf", &[text.as_bytes(), &bytes].concat())?;
        }
    }
    Ok(())
}

fn keep(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(name), bytes)
}

/// A message that says something in every field.
fn filled(kind: &MessageDescriptor, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(kind.clone());
    for field in kind.fields() {
        if let Some(value) = value(&field, depth) {
            let value = if field.is_list() { Value::List(vec![value.clone(), value]) } else { value };
            message.set_field(&field, value);
        }
    }
    message
}

fn value(field: &FieldDescriptor, depth: u32) -> Option<Value> {
    Some(match field.kind() {
        Kind::Message(kind) => {
            Value::Message((depth < 3 && !field.is_map()).then(|| filled(&kind, depth + 1))?)
        }
        Kind::Enum(_) => Value::EnumNumber(1),
        Kind::String => Value::String(text(field.name()).to_owned()),
        Kind::Bytes => Value::Bytes(b"\x00\xff".to_vec().into()),
        Kind::Bool => Value::Bool(true),
        Kind::Double => Value::F64(7.5),
        Kind::Float => Value::F32(0.5),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(-3),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(-3),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(3),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(3),
    })
}

fn text(name: &str) -> &'static str {
    match name {
        "client_id" => "00000000-0000-7000-8000-000000000001",
        "date" | "run_date" | "local_date" => "2025-11-11",
        "as_of" | "fire_time" | "retry_at" | "not_before" | "ready_at" => "2025-11-11T08:00:00Z",
        "run_id" => "20251111-0123456789ab",
        _ => "Elite PT, Phoenix",
    }
}
