//! A matcher on a real broker: what it makes of a profile that nobody can read.

use matchers::{Config, GeographicMatcher};
use proto::subject::Subject;
use proto::v1::{ClinicPart, Complete, Matches, RunHeader};
use proto::{Kind, Name as _, Outbox, Outgoing, RunId, Stage, Token};
use runtime::{Delivery, Fault, Runtime, Source, Worker};
use tokio::sync::mpsc;

/// Tells the test that all parts have been matched, or are dead.
struct Witness(mpsc::UnboundedSender<Complete>);

impl Worker for Witness {
    const NAME: &'static str = "witness";
    const SOURCE: Source = Source::Complete(Stage::Match);
    type Input = Complete;

    async fn handle(&self, complete: Complete, _delivery: &Delivery) -> Result<Outbox, Fault> {
        let _ = self.0.send(complete);
        Ok(Outbox::none())
    }
}

#[tokio::test]
async fn what_cannot_be_read_now_is_not_read_again() {
    let server = standins::nats().await;
    let config = runtime::Config::of(server.url().to_owned());
    let runtime = Runtime::start(config).await.unwrap();
    let run: RunId = "20251111-0123456789ab".parse().unwrap();
    let subject = Subject::Part { run: run.clone(), stage: Stage::Profile, part: Token::squeezed("pains-0") };
    let (payload, schema) = (b"\xff\xff\xff".to_vec(), RunHeader::full_name());
    let header = RunHeader { pain_parts: 1, ..RunHeader::default() };
    for message in [
        Outgoing { subject, payload, schema, kind: Kind::Content },
        Outgoing::part(&run, Stage::Profile, Token::squeezed("run"), &header),
        Outgoing::plan(&run, Stage::Match, 1),
        Outgoing::part(&run, Stage::Load, Token::squeezed("0"), &ClinicPart::default()),
    ] {
        runtime.publish(&message).await.unwrap();
    }
    let (sender, mut ends) = mpsc::unbounded_channel();
    tokio::select! {
        ended = runtime.run(GeographicMatcher::new(Config { pattern_types: Vec::new() })) => panic!("{ended:?}"),
        ended = runtime.run(Witness(sender)) => panic!("{ended:?}"),
        end = ends.recv() => drop(end.unwrap()),
    }
    let part = runtime.runs().part::<Matches>(&run, Stage::Match, "geographic-0").await;
    assert_eq!(part.unwrap().unwrap().body.unwrap_err().class, "decode");
}
