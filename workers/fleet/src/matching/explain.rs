//! `leadfleet match explain`: the whole chain from what people complained of to where a clinic ended up.

mod words;

use overview::{Broker, decided, explain, runs};

use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group(clap::ArgGroup::new("what").args(["clinic", "segment"]).required(true)))]
pub struct Args {
    /// Id of the run, or of the request that asked for it.
    #[arg(default_value = "latest")]
    run: String,
    /// Id of a clinic, or its name.
    #[arg(long, value_name = "ID|NAME")]
    clinic: Option<String>,
    /// Name of a segment.
    #[arg(long, value_name = "NAME")]
    segment: Option<String>,
}

pub(super) async fn run(args: Args, broker: &Broker, output: Output) -> Result<Exit, Failure> {
    let known = runs::find(broker, &args.run).await?;
    match (args.clinic, args.segment) {
        (Some(clinic), _) => output.show(&explain::clinic(broker, &known, &clinic).await?, words::clinic)?,
        (None, segment) => {
            let segment = decided::segment(broker, &known, &segment.unwrap_or_default()).await?;
            output.show(&explain::segment(broker, &known, &segment).await?, words::segment)?;
        }
    }
    Ok(Exit::Ok)
}
