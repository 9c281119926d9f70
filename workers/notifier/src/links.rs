//! Where people find the files of a run.

use crate::notice::Link;
use proto::v1::ExportOutcome;
use std::path::Path;
use url::Url;

/// The files that people open, with their addresses if the output folder is served under `base`.
pub(crate) fn links(export: Option<&ExportOutcome>, base: Option<&Url>) -> Vec<Link> {
    let files = export.map_or(&[][..], |export| export.files.as_slice());
    [("markdown", "Full report"), ("xlsx", "Workbook"), ("csv", "CSV")]
        .into_iter()
        .filter_map(|(format, label)| {
            let file = files.iter().find(|file| file.format == format)?;
            let url = base.and_then(|base| address(base, &file.path));
            Some(Link { label, path: file.path.clone(), url })
        })
        .collect()
}

/// A client of its own has a folder of its own, named by its UUID.
fn address(base: &Url, path: &str) -> Option<String> {
    let path = Path::new(path);
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str());
    let folder = folder.filter(|folder| is_uuid(folder));
    let mut url = base.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(folder).push(name);
    Some(url.into())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let base = Url::parse("https://leads.example/files/").unwrap();
        assert_eq!(address(&base, path).as_deref(), Some(expected));
    }

    #[test]
    fn a_file_is_found_under_the_public_address() {
        check("outputs/segments-2025-11-11.csv", "https://leads.example/files/segments-2025-11-11.csv");
    }

    #[test]
    fn the_folder_of_a_client_is_part_of_the_address() {
        check(
            "outputs/018f0000-0000-7000-8000-000000000002/r.md",
            "https://leads.example/files/018f0000-0000-7000-8000-000000000002/r.md",
        );
    }

    #[test]
    fn a_name_cannot_leave_the_address() {
        check("outputs/a b?c#d|e>.csv", "https://leads.example/files/a%20b%3Fc%23d|e%3E.csv");
    }
}
