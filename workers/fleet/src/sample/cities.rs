//! Cities with their area codes, by state; some names stand in two states, as they do in life.

use super::dice::Dice;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    cities: &'static [City],
}

/// Name, area codes, weight.
type City = (&'static str, &'static [&'static str], usize);

/// States by their share of clinics.
const STATES: &[(&State, usize)] = &[
    (&ARIZONA, 17),
    (&TEXAS, 19),
    (&CALIFORNIA, 17),
    (&FLORIDA, 13),
    (&COLORADO, 10),
    (&ILLINOIS, 9),
    (&WASHINGTON, 7),
    (&NORTH_CAROLINA, 6),
    (&OREGON, 1),
    (&NEVADA, 1),
];

pub(super) fn state(dice: &mut Dice) -> &'static State {
    dice.weigh(STATES)
}

/// Any state but one.
pub(super) fn other_state(dice: &mut Dice, than: &State) -> &'static State {
    std::iter::repeat_with(|| state(dice)).find(|found| *found != than).unwrap_or(&OREGON)
}

impl State {
    /// A city of the state and one of its area codes.
    pub(super) fn city(&self, dice: &mut Dice) -> (&'static str, &'static str) {
        let weighted: usize = self.cities.iter().map(|(_, _, weight)| weight).sum();
        let mut at = dice.below(weighted);
        for (name, codes, weight) in self.cities {
            if at < *weight {
                return (name, dice.pick(codes));
            }
            at -= weight;
        }
        (self.cities[0].0, self.cities[0].1[0])
    }
}

pub(super) const ARIZONA: State = State {
    code: "AZ",
    name: "Arizona",
    cities: &[
        ("Phoenix", &["602", "480", "623"], 16),
        ("Tucson", &["520"], 6),
        ("Scottsdale", &["480"], 5),
        ("Mesa", &["480"], 4),
        ("Chandler", &["480"], 3),
        ("Tempe", &["480"], 3),
        ("Gilbert", &["480"], 2),
        ("Peoria", &["623"], 1),
        ("Flagstaff", &["928"], 1),
    ],
};

pub(super) const TEXAS: State = State {
    code: "TX",
    name: "Texas",
    cities: &[
        ("Houston", &["713", "281", "832"], 10),
        ("Dallas", &["214", "972", "469"], 10),
        ("Austin", &["512", "737"], 9),
        ("San Antonio", &["210"], 6),
        ("Fort Worth", &["817"], 4),
        ("Plano", &["972"], 3),
        ("Frisco", &["469"], 2),
        ("El Paso", &["915"], 2),
        ("Round Rock", &["512"], 1),
        ("Lubbock", &["806"], 1),
    ],
};

pub(super) const CALIFORNIA: State = State {
    code: "CA",
    name: "California",
    cities: &[
        ("Los Angeles", &["213", "323"], 11),
        ("San Diego", &["619", "858"], 9),
        ("San Jose", &["408"], 4),
        ("Sacramento", &["916"], 4),
        ("Irvine", &["949"], 3),
        ("Long Beach", &["562"], 3),
        ("Oakland", &["510"], 2),
        ("Fresno", &["559"], 2),
        ("Pasadena", &["626"], 2),
        ("Santa Monica", &["310"], 1),
    ],
};

pub(super) const FLORIDA: State = State {
    code: "FL",
    name: "Florida",
    cities: &[
        ("Miami", &["305", "786"], 9),
        ("Tampa", &["813"], 8),
        ("Orlando", &["407", "321"], 8),
        ("Jacksonville", &["904"], 4),
        ("Fort Lauderdale", &["954"], 3),
        ("Sarasota", &["941"], 2),
        ("Naples", &["239"], 1),
        ("Gainesville", &["352"], 1),
    ],
};

pub(super) const COLORADO: State = State {
    code: "CO",
    name: "Colorado",
    cities: &[
        ("Denver", &["303", "720"], 10),
        ("Colorado Springs", &["719"], 4),
        ("Boulder", &["303"], 3),
        ("Fort Collins", &["970"], 3),
        ("Aurora", &["303"], 2),
        ("Lakewood", &["303"], 2),
    ],
};

pub(super) const ILLINOIS: State = State {
    code: "IL",
    name: "Illinois",
    cities: &[
        ("Chicago", &["312", "773"], 12),
        ("Naperville", &["630"], 3),
        ("Aurora", &["630"], 2),
        ("Rockford", &["815"], 2),
        ("Peoria", &["309"], 1),
        ("Evanston", &["847"], 1),
    ],
};

pub(super) const WASHINGTON: State = State {
    code: "WA",
    name: "Washington",
    cities: &[
        ("Seattle", &["206"], 9),
        ("Spokane", &["509"], 4),
        ("Tacoma", &["253"], 3),
        ("Bellevue", &["425"], 3),
        ("Everett", &["425"], 1),
    ],
};

pub(super) const NORTH_CAROLINA: State = State {
    code: "NC",
    name: "North Carolina",
    cities: &[
        ("Charlotte", &["704"], 8),
        ("Raleigh", &["919"], 6),
        ("Durham", &["919"], 3),
        ("Greensboro", &["336"], 2),
        ("Asheville", &["828"], 2),
        ("Cary", &["919"], 1),
    ],
};

const OREGON: State =
    State { code: "OR", name: "Oregon", cities: &[("Portland", &["503"], 3), ("Eugene", &["541"], 1)] };

const NEVADA: State =
    State { code: "NV", name: "Nevada", cities: &[("Las Vegas", &["702"], 3), ("Reno", &["775"], 1)] };
