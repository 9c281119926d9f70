//! What owners of clinics say hurts, by category, and where each category is at home.

use super::cities::{
    ARIZONA, CALIFORNIA, COLORADO, FLORIDA, ILLINOIS, NORTH_CAROLINA, State, TEXAS, WASHINGTON,
};

/// One of the six pain categories, with the places and the type of clinic it concentrates on.
#[derive(Debug)]
pub(super) struct Category {
    pub(super) name: &'static str,
    pub(super) problems: &'static [&'static str],
    pub(super) states: &'static [(&'static State, usize)],
    /// How people write the type of clinic this is about.
    pub(super) types: &'static [&'static str],
    /// Of 100 texts, how many name a place and how many a type.
    pub(super) place_percent: usize,
    pub(super) type_percent: usize,
    pub(super) severity: (i64, i64),
    /// Of 100 texts, how many were said more than once.
    pub(super) repeated_percent: usize,
}

pub(super) const CATEGORIES: &[(&Category, usize)] =
    &[(&EMR, 19), (&BILLING, 18), (&MARKETING, 20), (&SCHEDULING, 16), (&STAFFING, 14), (&OPERATIONS, 13)];

const EMR: Category = Category {
    name: "emr",
    problems: &[
        "our EMR takes longer than the visit itself",
        "documentation eats my evenings, every note needs eleven clicks",
        "the EMR was clearly built for hospitals and not for PT",
        "we switched EMR twice in three years and lost templates both times",
        "the flowsheets freeze in the middle of a session",
        "the EMR vendor raised the price again and support never answers",
        "half of our outcome measures still live on paper because the EMR cannot hold them",
    ],
    states: &[(&ARIZONA, 80), (&COLORADO, 20)],
    types: &["Sports PT clinic", "sports PT practice", "sports physical therapy clinic"],
    place_percent: 70,
    type_percent: 50,
    severity: (4, 7),
    repeated_percent: 12,
};

const BILLING: Category = Category {
    name: "billing",
    problems: &[
        "claims keep coming back denied for missing modifiers",
        "insurance pays ninety days late and the biller shrugs",
        "every payer has another authorization rule and we eat the denials",
        "our billing company takes eight percent and still loses claims",
        "patients get three statements with three different totals",
        "copays are collected wrong at the front desk and nobody reconciles",
    ],
    states: &[(&CALIFORNIA, 100)],
    types: &["multi-location practice", "multi-location PT group", "multi-location clinic"],
    place_percent: 60,
    type_percent: 55,
    severity: (4, 8),
    repeated_percent: 8,
};

const MARKETING: Category = Category {
    name: "marketing",
    problems: &[
        "I have no idea how to explain our prices to new patients",
        "we depend on two referring doctors and one of them retires",
        "ads bring clicks and no evaluations",
        "nobody finds us on the map, the hospital group owns every search",
        "word of mouth has dried up and I do not know what to post",
        "getting people to pay out of pocket when they have insurance is tough",
    ],
    states: &[(&TEXAS, 100)],
    types: &["cash-based PT clinic", "cash-based practice", "cash-based PT practice"],
    place_percent: 60,
    type_percent: 60,
    severity: (3, 8),
    repeated_percent: 10,
};

const SCHEDULING: Category = Category {
    name: "scheduling",
    problems: &[
        "no-shows kill two hours a day",
        "the front desk double books and I find out in the hallway",
        "the waitlist is a sticky note and gaps stay empty",
        "patients cannot reschedule online so they just do not come",
        "we have a six week backlog and empty slots on the same day",
    ],
    states: &[(&FLORIDA, 100)],
    types: &["solo practice", "solo PT practice"],
    place_percent: 60,
    type_percent: 0,
    severity: (3, 8),
    repeated_percent: 8,
};

const STAFFING: Category = Category {
    name: "staffing",
    problems: &[
        "I cannot hire a PT for what insurance pays",
        "our aides leave for retail after two months",
        "three therapists quit in a year, all of them burned out",
        "travel contracts pay double and we cannot keep up",
        "we posted the opening in spring and had one applicant",
    ],
    states: &[(&ILLINOIS, 100)],
    types: &["sports PT clinic", "multi-location clinic"],
    place_percent: 80,
    type_percent: 0,
    severity: (3, 7),
    repeated_percent: 6,
};

const OPERATIONS: Category = Category {
    name: "operations",
    problems: &[
        "I am the therapist, the front desk and the cleaning crew",
        "rent went up and I do not know which service earns anything",
        "nothing is written down, every new hire learns it by asking me",
        "we run on six tools that do not talk to each other",
        "I treat all day and do payroll at midnight",
    ],
    states: &[(&WASHINGTON, 55), (&NORTH_CAROLINA, 45)],
    types: &["solo practice", "solo PT practice", "solo practice clinic"],
    place_percent: 60,
    type_percent: 60,
    severity: (2, 7),
    repeated_percent: 5,
};

/// Openings on a forum, with a slot for who is speaking, capital where a sentence begins.
pub(super) const FORUM_OPENERS: &[&str] = &[
    "Rant: {Who} and ",
    "Anyone else? {Who} and ",
    "Owner here. {Who} and ",
    "Honest question, {who} and ",
    "Am I the only one? {Who} and ",
    "Throwaway thought: {Who} and ",
];

pub(super) const FORUM_CLOSERS: &[&str] = &[
    "",
    "",
    " What are you all using?",
    " Is it like this everywhere?",
    " I am about to give up.",
    " Any advice?",
];

pub(super) const NETWORK_OPENERS: &[&str] = &[
    "After twelve years as a clinic owner I keep seeing the same thing: {Who} and ",
    "A hard truth about running a physical therapy business: {Who} and ",
    "Talked to another owner this week. Same story as ours: {Who} and ",
    "Something we do not say aloud in our profession: {Who} and ",
];

pub(super) const NETWORK_CLOSERS: &[&str] = &[
    "",
    " How are other owners solving this?",
    " We have to do better as a profession.",
    " Open to ideas.",
    "",
];
