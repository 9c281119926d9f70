//! Lays flags over environment over files over defaults, and refuses what no setting is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::{Arg, CommandFactory as _};
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::catalogue::{SETTINGS, Setting};
use super::{Effective, Error, Sources};
use crate::workers::Workers;

/// Variables of ours that are neither settings nor of a worker.
const OTHER_VARIABLES: [&str; 3] = ["LEADFLEET_CONFIG", "LEADFLEET_LOG_FORMAT", runtime::trip::VARIABLE];

const DEFAULT: &str = "default";
const NOT_SET: &str = "not set";

/// All layers, every key known and every value right.
pub(super) fn checked(sources: &Sources<'_>) -> Result<Figment, Error> {
    let mut figment = Figment::new();
    for setting in SETTINGS {
        figment = figment.merge(One {
            setting,
            value: setting.default.map(str::to_owned),
            origin: DEFAULT.to_owned(),
        });
    }
    figment = files(figment, sources)?;
    figment = environment(figment, sources)?;
    figment = flags(figment, sources.flags)?;
    for setting in SETTINGS {
        let Ok(found) = figment.find_value(setting.key) else {
            continue;
        };
        let value = written(&found);
        let shown = if setting.secret { "***".to_owned() } else { value.clone() };
        let expected = match found.as_str() {
            Some(text) => setting.complaint(text),
            None if matches!(found, Value::Empty(..)) => None,
            None => Some("text in quotes".to_owned()),
        };
        if let Some(expected) = expected {
            return Err(Error::Wrong {
                key: setting.key,
                value: shown,
                expected,
                origin: origin(&figment, setting),
            });
        }
    }
    Ok(figment)
}

/// The settings, and behind them what workers read from their variables alone.
pub(super) fn effective(figment: &Figment, environment: &BTreeMap<String, String>) -> Vec<Effective> {
    let workers = Workers::command();
    let arguments: Vec<(String, &Arg)> =
        workers.get_arguments().filter_map(|argument| Some((variable_of(argument)?, argument))).collect();
    let row = |setting: &'static Setting| {
        let value = figment.find_value(setting.key).ok().filter(|value| !matches!(value, Value::Empty(..)));
        let shown =
            |value| if setting.secret { "(set)".to_owned() } else { without_password(written(value)) };
        let own = arguments.iter().find(|(name, _)| setting.also.contains(&name.as_str()));
        let default = own.and_then(|(_, argument)| default_of(argument));
        Effective {
            key: setting.key.to_owned(),
            origin: match (&value, &default) {
                (Some(_), _) => origin(figment, setting),
                (None, Some(_)) => DEFAULT.to_owned(),
                (None, None) => NOT_SET.to_owned(),
            },
            value: value.as_ref().map(shown).or(default),
            environment: setting.variables(),
            about: setting.about.to_owned(),
        }
    };
    let is_setting =
        |name: &str| SETTINGS.iter().any(|setting| setting.variables().iter().any(|own| own == name));
    // A file that holds a secret is one of the ways to set it.
    let others = arguments.iter().filter(|(name, argument)| {
        !argument.is_hide_set() && !is_setting(name) && !is_setting(name.trim_end_matches("_FILE"))
    });
    let variable_row = |(name, argument): &(String, &Arg)| {
        let set = environment.get(name).filter(|value| !value.is_empty());
        let default = default_of(argument);
        Effective {
            key: name.clone(),
            origin: match (set, &default) {
                (Some(_), _) => variable(name),
                (None, Some(_)) => DEFAULT.to_owned(),
                (None, None) => NOT_SET.to_owned(),
            },
            value: set.map(|value| without_password(value.clone())).or(default),
            environment: vec![name.clone()],
            about: argument.get_help().map(ToString::to_string).unwrap_or_default(),
        }
    };
    SETTINGS.iter().map(row).chain(others.map(variable_row)).collect()
}

fn variable_of(argument: &Arg) -> Option<String> {
    Some(argument.get_env()?.to_string_lossy().into_owned())
}

fn default_of(argument: &Arg) -> Option<String> {
    Some(argument.get_default_values().first()?.to_string_lossy().into_owned())
}

fn files(mut figment: Figment, sources: &Sources<'_>) -> Result<Figment, Error> {
    let paths: Vec<&Path> = match sources.config {
        Some(path) if !path.is_file() => {
            return Err(Error::NoFile { path: path.to_owned() });
        }
        Some(path) => vec![path],
        None => sources.files.iter().map(AsRef::as_ref).filter(|path: &&Path| path.is_file()).collect(),
    };
    for path in paths {
        let file = Figment::from(Toml::file_exact(path));
        let dict: Dict = file.extract().map_err(|source| Error::Unreadable { source: Box::new(source) })?;
        for key in keys("", &dict) {
            if !SETTINGS.iter().any(|setting| setting.key == key) {
                let nearest = nearest(&key, SETTINGS.iter().map(|setting| setting.key.to_owned()));
                return Err(Error::UnknownKey { key, origin: path.display().to_string(), nearest });
            }
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    Ok(figment)
}

fn environment(mut figment: Figment, sources: &Sources<'_>) -> Result<Figment, Error> {
    let of_workers = Workers::variables();
    let of_ours = |name: &str| {
        OTHER_VARIABLES.contains(&name)
            || of_workers.iter().any(|own| own == name)
            || SETTINGS.iter().any(|setting| setting.variables().iter().any(|own| own == name))
    };
    let known = |name: &str| of_ours(name) || name.strip_suffix("_FILE").is_some_and(of_ours);
    if let Some(name) = sources.environment.keys().find(|name| name.starts_with("LEADFLEET_") && !known(name))
    {
        let nearest = nearest(name, SETTINGS.iter().flat_map(Setting::variables));
        return Err(Error::UnknownVariable { name: name.clone(), nearest });
    }
    let set = |name: &str| sources.environment.get(name).filter(|value| !value.is_empty());
    for setting in SETTINGS {
        for name in setting.variables().iter().rev() {
            let file = format!("{name}_FILE");
            if let Some(path) = set(&file) {
                let text = fs::read_to_string(path).map_err(|source| Error::SecretFile {
                    variable: file.clone(),
                    path: path.into(),
                    source,
                })?;
                figment = figment.merge(One {
                    setting,
                    value: Some(text.trim().to_owned()),
                    origin: variable(&file),
                });
            }
            if let Some(value) = set(name) {
                figment = figment.merge(One { setting, value: Some(value.clone()), origin: variable(name) });
            }
        }
    }
    Ok(figment)
}

fn flags(mut figment: Figment, flags: &[String]) -> Result<Figment, Error> {
    for flag in flags {
        let (key, value) = flag.split_once('=').ok_or_else(|| Error::NotAPair { flag: flag.clone() })?;
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            let nearest = nearest(key, SETTINGS.iter().map(|setting| setting.key.to_owned()));
            return Err(Error::UnknownKey { key: key.to_owned(), origin: "flag --set".to_owned(), nearest });
        };
        if setting.secret {
            let variable = setting.also.first().copied().unwrap_or(setting.key).to_owned();
            return Err(Error::SecretFlag { key: setting.key, variable });
        }
        figment =
            figment.merge(One { setting, value: Some(value.to_owned()), origin: "flag --set".to_owned() });
    }
    Ok(figment)
}

/// The one value of a variable, a flag or a default.
struct One {
    setting: &'static Setting,
    value: Option<String>,
    origin: String,
}

impl Provider for One {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> figment::error::Result<Map<Profile, Dict>> {
        let section = self.setting.key.split('.').next().unwrap_or_default();
        let nested = match &self.value {
            Some(value) => figment::util::nest(self.setting.key, Value::from(value.clone())),
            // The section itself must be there, whether or not one of its values is.
            None => figment::util::nest(section, Value::from(Dict::new())),
        };
        Ok(Profile::Default.collect(nested.into_dict().unwrap_or_default()))
    }
}

fn variable(name: &str) -> String {
    format!("environment variable {name}")
}

fn origin(figment: &Figment, setting: &Setting) -> String {
    let Some(metadata) = figment.find_metadata(setting.key) else {
        return "unknown".to_owned();
    };
    match metadata.source.as_ref().and_then(|source| source.file_path()) {
        Some(path) => path.display().to_string(),
        None => metadata.name.to_string(),
    }
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| serde_json::to_string(value).unwrap_or_default(), str::to_owned)
}

/// Of a list of addresses each.
fn without_password(value: String) -> String {
    let hidden = |address: &str| {
        let mut url = url::Url::parse(address).ok()?;
        (url.password().is_some() && url.set_password(Some("***")).is_ok()).then(|| url.to_string())
    };
    let addresses = value.split(',').map(|address| hidden(address).unwrap_or_else(|| address.to_owned()));
    addresses.collect::<Vec<_>>().join(",")
}

fn keys(prefix: &str, dict: &Dict) -> Vec<String> {
    let nested = |(key, value): (&String, &Value)| match value {
        Value::Dict(_, inner) => keys(&format!("{prefix}{key}."), inner),
        _ => vec![format!("{prefix}{key}")],
    };
    dict.iter().flat_map(nested).collect()
}

fn nearest(key: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let distance = |name: &String| rapidfuzz::distance::osa::distance(key.chars(), name.chars());
    known.min_by_key(distance).filter(|name| distance(name) <= 4)
}

impl Setting {
    #[cfg(test)]
    pub(super) fn keys() -> impl Iterator<Item = &'static str> {
        SETTINGS.iter().map(|setting| setting.key)
    }
}
