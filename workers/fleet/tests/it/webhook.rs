//! Endpoints of tools, as whoever configures the tool gets them.

use super::{Servers, text};

#[test]
fn an_address_that_no_tool_reaches_is_noted() {
    let servers = Servers::start();
    let create = || servers.leadfleet(&["webhook", "create", "--source", "standard"]);
    let check = |public: Option<&str>, url: &str, noted: bool| {
        let made = create().envs(public.map(|url| ("GATEWAY_PUBLIC_URL", url))).output().unwrap();
        let (said, note) = (text(&made.stdout), text(&made.stderr));
        assert!(said.contains(url), "{said}{note}");
        assert_eq!(note.contains("GATEWAY_PUBLIC_URL is not set"), noted, "{note}");
    };
    check(None, "http://127.0.0.1:8080/api/webhooks/", true);
    check(Some("https://leads.example.com/"), "https://leads.example.com/api/webhooks/", false);
}
