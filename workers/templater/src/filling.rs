//! How long texts become once names are filled in.

/// As long as they are in all but rare cases; what is longer is cut when it is filled in.
const LONG: [(&str, &str); 3] = [
    ("{first_name}", "Christopher-James"),
    ("{company}", "Saint Bartholomew Preparatory Academy"),
    ("{industry}", "physical therapy"),
];

/// A text with long names in it.
pub(crate) fn filled(text: &str) -> String {
    LONG.iter().fold(text.to_owned(), |text, (placeholder, name)| text.replace(placeholder, name))
}
