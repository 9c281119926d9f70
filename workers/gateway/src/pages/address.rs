//! The address of a page, of which links change a word or two: what is filtered and sorted can be shared.

use crate::problem::Problem;
use form_urlencoded::Serializer;

/// A path with its query, in the order in which it was given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Address {
    path: String,
    query: Vec<(String, String)>,
}

impl Address {
    /// Words without a value, as forms send them, are left out.
    pub(crate) fn of(uri: &axum::http::Uri) -> Self {
        let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let query =
            pairs.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.into(), value.into()));
        Self { path: uri.path().to_owned(), query: query.collect() }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Every word of the query but those named.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let query = self.query.iter().filter(|(own, _)| !names.contains(&own.as_str()));
        Self { path: self.path.clone(), query: query.cloned().collect() }
    }

    /// The same query at another path.
    pub(crate) fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    pub(crate) fn with(&self, name: &str, value: impl ToString) -> Self {
        let mut changed = self.without(&[name]);
        changed.query.push((name.to_owned(), value.to_string()));
        changed
    }

    /// With a word that the address does not say itself.
    pub(crate) fn or(&self, name: &str, value: &str) -> Self {
        if self.get(name).is_some() { self.clone() } else { self.with(name, value) }
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn query(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.query).finish()
    }

    pub(crate) fn href(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query()) }
    }

    /// How many rows of a list come before the page.
    pub(crate) fn offset(&self) -> Result<usize, Problem> {
        let offset = self.get("offset").map(str::parse::<u32>).transpose();
        let offset = offset.map_err(|error| Problem::wrong("offset", error.to_string()))?;
        Ok(offset.unwrap_or_default() as usize)
    }

    /// The same as JSON.
    pub(crate) fn twin(&self) -> String {
        let path = if self.path == "/" { "/index" } else { &self.path };
        Self { path: format!("{path}.json"), query: self.query.clone() }.href()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::of(&text.parse().unwrap())
    }

    #[test]
    fn a_link_changes_one_word_and_keeps_the_others() {
        let here = address("/leads?tier=hot&q=a%20b&cursor=");
        assert_eq!(here.with("tier", "warm").href(), "/leads?q=a+b&tier=warm");
        assert_eq!(here.without(&["tier", "q"]).href(), "/leads");
        assert_eq!(here.get("q"), Some("a b"));
    }

    #[test]
    fn the_twin_of_a_page_has_its_query() {
        assert_eq!(address("/leads?tier=hot").twin(), "/leads.json?tier=hot");
        assert_eq!(address("/").twin(), "/index.json");
    }
}
