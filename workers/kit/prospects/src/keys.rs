//! Keyed hashes: by these, events and suppressions name people whom only the tables of leads know.

use db::Uuid;
use ring::hmac;

/// The key of all hashes. Whoever loses it can no longer tell who was suppressed.
#[derive(Clone)]
pub struct Keys {
    key: hmac::Key,
}

/// What is hashed, so that a domain is never taken for a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Email,
    Phone,
    Profile,
    Domain,
    Company,
    Person,
}

impl Keys {
    pub fn new(secret: &[u8]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// The hash of a normalised text within a client; none of nothing.
    pub fn hash(&self, client: Uuid, named: Named, text: &str) -> Option<Vec<u8>> {
        let text = match named {
            Named::Email => email(text),
            Named::Domain => host(text),
            Named::Phone => phone(text),
            Named::Person => plain(text),
            Named::Profile => profile(text),
            // A name of signs alone is one too.
            Named::Company => {
                Some(company(text)).filter(|name| !name.is_empty()).unwrap_or_else(|| plain(text))
            }
        };
        if text.is_empty() {
            return None;
        }
        let mut context = hmac::Context::with_key(&self.key);
        context.update(client.as_bytes());
        context.update(&[named as u8]);
        context.update(text.as_bytes());
        Some(context.sign().as_ref().to_vec())
    }
}

impl Keys {
    /// The hash of a name at a company; none where one of them is not known.
    pub(crate) fn person(&self, client: Uuid, name: &str, of: &str) -> Option<Vec<u8>> {
        let (name, company) = (name.trim(), employer(of));
        if name.is_empty() || company.is_empty() {
            return None;
        }
        self.hash(client, Named::Person, &format!("{name}\u{1f}{company}"))
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The address of `Jane <jane@clinic.example>` and of `mailto:jane@clinic.example`.
pub(crate) fn email(text: &str) -> String {
    let text = plain(text);
    let inner = text.rsplit_once('<').map_or(text.as_str(), |(_, rest)| rest.trim_end_matches('>'));
    inner.strip_prefix("mailto:").unwrap_or(inner).trim().to_owned()
}

/// The host of a web address, without `www.`.
fn host(text: &str) -> String {
    let text = plain(text);
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = text.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix('@').unwrap_or(host).trim_matches('.');
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

/// The domain of an e-mail address, and the domains that it is part of, down to two names.
pub(crate) fn domains(address: &str) -> Vec<String> {
    let address = email(address);
    let Some((_, domain)) = address.rsplit_once('@') else { return Vec::new() };
    let mut domains = vec![domain.to_owned()];
    let mut rest = domain;
    while let Some((_, parent)) = rest.split_once('.') {
        if !parent.contains('.') {
            break;
        }
        domains.push(parent.to_owned());
        rest = parent;
    }
    domains
}

/// Digits only; of a number of ten digits it is assumed that it is American.
fn phone(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        0..7 => String::new(),
        10 => format!("1{digits}"),
        _ => digits,
    }
}

/// The address of a profile without scheme, `www.`, query and trailing slash; LinkedIn's is the same in all countries
/// and on all of a profile's pages.
pub(crate) fn profile(text: &str) -> String {
    let host = host(text);
    let text = plain(text);
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once('/').map_or("", |(_, path)| path).trim_end_matches('/');
    if host == "linkedin.com" || host.ends_with(".linkedin.com") {
        if let Some(rest) = path.strip_prefix("in/") {
            return format!("linkedin.com/in/{}", rest.split('/').next().unwrap_or_default());
        }
        return format!("linkedin.com/{path}").trim_end_matches('/').to_owned();
    }
    format!("{host}/{path}").trim_end_matches('/').to_owned()
}

/// What people write where they have no company, or do not name it: they are no colleagues.
const NO_COMPANY: [&str; 17] = [
    "confidential",
    "freelance",
    "freelancer",
    "independent",
    "independent consultant",
    "n a",
    "none",
    "private practice",
    "retired",
    "self",
    "self employed",
    "stealth",
    "stealth mode",
    "stealth mode startup",
    "stealth startup",
    "unknown",
    "various",
];

/// The company by which people are colleagues, and known again; none where no company is named.
pub(crate) fn employer(text: &str) -> String {
    Some(company(text)).filter(|name| !NO_COMPANY.contains(&name.as_str())).unwrap_or_default()
}

/// A company's name in small letters, without punctuation and legal form.
pub(crate) fn company(text: &str) -> String {
    const FORMS: [&str; 12] =
        ["inc", "llc", "ltd", "corp", "corporation", "co", "company", "gmbh", "plc", "pllc", "pc", "limited"];
    let text = text.to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let end = words.iter().rposition(|word| !FORMS.contains(word)).map_or(words.len(), |last| last + 1);
    words[..end].join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(named: Named, text: &str) -> Option<Vec<u8>> {
        Keys::new(b"a secret").hash(Uuid::from_u128(1), named, text)
    }

    #[track_caller]
    fn check_same(named: Named, one: &str, other: &str) {
        assert!(hash(named, one).is_some());
        assert_eq!(hash(named, one), hash(named, other), "{one} {other}");
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        check_same(Named::Email, " Jane@Clinic.example ", "jane@clinic.example");
        check_same(Named::Phone, "(602) 555-0142", "+1 602 555 0142");
        check_same(Named::Email, "Jane Doe <jane@clinic.example>", "mailto:jane@clinic.example");
        check_same(Named::Profile, "https://www.linkedin.com/in/jane/?x=1", "linkedin.com/in/jane");
        check_same(Named::Profile, "http://uk.linkedin.com/in/Jane/details/", "m.linkedin.com/in/jane");
        check_same(Named::Profile, "https://profiles.example/Jane/", "profiles.example/jane");
        check_same(Named::Domain, "https://www.Clinic.example/about", "@clinic.example");
        check_same(Named::Domain, "clinic.example.", "www.clinic.example");
        check_same(Named::Company, "Oak Hill, Inc.", "oak hill");
    }

    #[test]
    fn kinds_clients_and_secrets_are_kept_apart() {
        assert_ne!(hash(Named::Company, "acme"), hash(Named::Domain, "acme"));
        let keys = Keys::new(b"a secret");
        let of = |client| keys.hash(Uuid::from_u128(client), Named::Email, "a@b.example");
        assert_ne!(of(1), of(2));
        assert_ne!(of(1), Keys::new(b"another").hash(Uuid::from_u128(1), Named::Email, "a@b.example"));
    }

    #[test]
    fn an_address_is_part_of_its_domains() {
        assert_eq!(
            domains("jane@mail.eu.clinic.example"),
            ["mail.eu.clinic.example", "eu.clinic.example", "clinic.example"]
        );
        assert_eq!(domains("jane@localhost"), ["localhost"]);
        assert_eq!(domains("jane"), Vec::<String>::new());
    }

    #[test]
    fn nothing_has_no_hash() {
        assert_eq!(hash(Named::Email, "  "), None);
        assert_eq!(hash(Named::Phone, "12"), None);
        assert_eq!(company("LLC"), "llc");
        assert_eq!(hash(Named::Company, " "), None);
    }

    #[test]
    fn who_works_for_himself_has_no_colleagues() {
        assert_eq!(employer("Stealth Startup, Inc."), "");
        assert_eq!(employer("Self-employed"), "");
        assert_eq!(employer("Stealth Clinic"), "stealth clinic");
    }

    #[test]
    fn a_company_may_be_called_by_a_sign() {
        check_same(Named::Company, " ☤ ", "☤");
    }
}
