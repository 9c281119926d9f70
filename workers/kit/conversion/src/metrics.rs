//! What outreach is measured by (CI-154 to CI-156): where it was, where it is to get, and where it is.

use crate::counts::Counts;
use crate::fact::Base;
use crate::timing::Mean;
use patterns::Metric;
use patterns::card::rounded;
use stats::Rate;
use stats::Z;

/// With fewer bookings a mean is not told.
const LEAST: u64 = 5;

pub(crate) fn metrics(counts: &Counts) -> Vec<Metric> {
    let booking_rate = rate("booking_rate", (0.03, 0.05), counts.base(Base::Leads).rate());
    let days = mean("days_to_booking", (14.0, 10.0), counts.timings.days);
    let touches = mean("touches_to_booking", (6.0, 5.0), counts.timings.touches);
    [booking_rate, days, touches].into_iter().flatten().collect()
}

/// Good when it is at least the target.
fn rate(name: &str, (baseline, target): (f64, f64), rate: Rate) -> Option<Metric> {
    let (value, interval) = (rate.share()?, rate.wilson());
    Some(Metric {
        name: name.to_owned(),
        baseline,
        target,
        value: rounded(value, 4),
        n: rate.trials,
        low: rounded(interval.low, 4),
        high: rounded(interval.high, 4),
        met: value >= target,
    })
}

/// Good when it is below the target.
fn mean(name: &str, (baseline, target): (f64, f64), mean: Mean) -> Option<Metric> {
    if mean.n < LEAST {
        return None;
    }
    let (value, half) = (mean.value(), Z * mean.error());
    Some(Metric {
        name: name.to_owned(),
        baseline,
        target,
        value: rounded(value, 1),
        n: mean.n,
        low: rounded((value - half).max(0.0), 1),
        high: rounded(value + half, 1),
        met: value < target,
    })
}
