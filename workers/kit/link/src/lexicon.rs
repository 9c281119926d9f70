//! The words organisations share: legal forms, abbreviations, trade words and words written together or apart.

/// Words that say nothing about which organisation is meant: legal forms and articles.
pub(crate) fn is_dropped(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "of"
            | "and"
            | "llc"
            | "pllc"
            | "llp"
            | "pllp"
            | "lllp"
            | "lp"
            | "plc"
            | "inc"
            | "pc"
            | "sc"
            | "pa"
            | "ltd"
            | "corp"
            | "co"
            | "psc"
            | "apc"
            | "dba"
            | "incorporated"
            | "corporation"
            | "company"
            | "limited"
    )
}

/// Words that say what an organisation does or is, as thousands do: they count, but little, and never link alone.
pub(crate) fn is_generic(word: &str) -> bool {
    matches!(
        word,
        "pt" | "ot"
            | "dpt"
            | "md"
            | "phd"
            | "psyd"
            | "dds"
            | "dc"
            | "rn"
            | "physical"
            | "therapy"
            | "therapist"
            | "therapeutic"
            | "clinic"
            | "clinical"
            | "center"
            | "rehab"
            | "health"
            | "healthcare"
            | "care"
            | "medical"
            | "medicine"
            | "wellness"
            | "service"
            | "group"
            | "associate"
            | "association"
            | "practice"
            | "hospital"
            | "institute"
            | "office"
            | "provider"
            | "partner"
            | "specialist"
            | "professional"
            | "solution"
            | "program"
            | "site"
            | "location"
            | "at"
            | "in"
            | "for"
    )
}

/// The one spelling of a word that is written in several ways.
pub(crate) fn canonical(word: &str) -> &str {
    let word = known(word).unwrap_or(word);
    let single = singular(word);
    known(single).unwrap_or(single)
}

fn known(word: &str) -> Option<&'static str> {
    Some(match word {
        "ctr" | "cntr" | "cent" | "centre" => "center",
        "assoc" | "assn" | "asso" | "assoce" => "associate",
        "street" | "saint" | "sainte" | "ste" => "st",
        "mount" | "mountain" | "mtn" => "mt",
        "fort" => "ft",
        "univ" | "uni" => "university",
        "hosp" => "hospital",
        "inst" => "institute",
        "svc" | "svcs" | "srvc" | "serv" => "service",
        "grp" => "group",
        "phys" | "physio" => "physical",
        "ther" | "thpy" | "thrpy" => "therapy",
        "physiotherapy" | "physiotherapist" => "pt",
        "rehabilitation" | "rehabilitative" | "rehabilitate" => "rehab",
        "med" => "medical",
        "hlth" => "health",
        "wellnes" => "wellness",
        "prof" => "professional",
        "spec" => "specialist",
        "chiro" => "chiropractic",
        "ortho" | "orthopedics" | "orthopaedic" | "orthopaedics" => "orthopedic",
        "peds" | "paediatric" | "paediatrics" => "pediatric",
        "ped" => "pediatric",
        "behav" | "behavioural" => "behavioral",
        "psych" => "psychological",
        "comm" | "commun" => "community",
        "dept" => "department",
        "dev" | "devel" | "develop" => "development",
        "ed" | "edu" | "educ" => "education",
        "acad" | "acdmy" => "academy",
        "sch" => "school",
        "natl" | "nat" => "national",
        "intl" => "international",
        "amer" => "american",
        "northwest" => "nw",
        "northeast" => "ne",
        "southwest" => "sw",
        "southeast" => "se",
        "delicatessen" => "deli",
        "childrens" | "child" => "children",
        "mgmt" => "management",
        "tech" => "technology",
        _ => return None,
    })
}

/// Two neighbouring words that are as often written as one, or as an abbreviation.
pub(crate) fn joined(first: &str, second: &str) -> Option<&'static str> {
    Some(match (first, second) {
        ("physical", "therapy" | "therapist") => "pt",
        ("occupational", "therapy" | "therapist") => "ot",
        ("health", "care") => "healthcare",
        ("children", "care") => "childcare",
        ("day", "care") => "daycare",
        ("pre", "school") => "preschool",
        ("well", "being") => "wellbeing",
        ("out", "patient") => "outpatient",
        _ => return None,
    })
}

/// "centers" and "center" are one word; "wellness", "campus" and "pelvis" are no plurals.
fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 3 && !stem.ends_with(['s', 'u', 'i']) => stem,
        _ => word,
    }
}
