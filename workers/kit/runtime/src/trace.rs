//! The W3C trace a message belongs to, carried from message to message in `traceparent`.

use crate::telemetry;
use opentelemetry::KeyValue;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _,
};
use rand::Rng as _;

/// Position in a trace: what the next message names as its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    context: SpanContext,
}

/// The work on one message, as a span of its trace.
pub(crate) struct MessageSpan {
    span: Option<opentelemetry_sdk::trace::Span>,
}

impl TraceContext {
    /// Reads `00-<trace>-<span>-<flags>`; anything else is none.
    pub fn parse(traceparent: &str) -> Option<Self> {
        let mut fields = traceparent.split('-');
        let (version, trace, span, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let well_formed = version == "00" && trace.len() == 32 && span.len() == 16 && flags.len() == 2;
        // Numbers may have a sign when they are parsed.
        let well_formed = well_formed && [trace, span, flags].into_iter().all(hex);
        if !well_formed || fields.next().is_some() {
            return None;
        }
        let context = SpanContext::new(
            TraceId::from_hex(trace).ok()?,
            SpanId::from_hex(span).ok()?,
            TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
            true,
            TraceState::NONE,
        );
        context.is_valid().then_some(Self { context })
    }

    /// Starts a trace of its own.
    pub fn root() -> Self {
        Self::with_trace(TraceId::from_bytes(rand::rng().random()))
    }

    fn with_trace(trace: TraceId) -> Self {
        let span = SpanId::from_bytes(rand::rng().random());
        Self { context: SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE) }
    }

    /// Starts the span of a message's handling; its context is what results carry on.
    ///
    /// Named by the conventions of OpenTelemetry for messaging; nothing of what the message says.
    pub(crate) fn process(
        parent: Option<Self>,
        worker: &'static str,
        stream: &str,
        consumer: &str,
    ) -> (Self, MessageSpan) {
        let Some(tracer) = telemetry::tracer() else {
            let context =
                parent.map_or_else(Self::root, |parent| Self::with_trace(parent.context.trace_id()));
            return (context, MessageSpan { span: None });
        };
        let parent = parent.map_or_else(opentelemetry::Context::new, |parent| {
            opentelemetry::Context::new().with_remote_span_context(parent.context)
        });
        let builder = SpanBuilder::from_name(format!("process {worker}"))
            .with_kind(SpanKind::Consumer)
            .with_attributes([
                KeyValue::new("messaging.system", "nats"),
                KeyValue::new("messaging.operation.type", "process"),
                KeyValue::new("messaging.operation.name", "process"),
                KeyValue::new("messaging.destination.name", stream.to_owned()),
                KeyValue::new("messaging.consumer.group.name", consumer.to_owned()),
            ]);
        let span = tracer.build_with_context(builder, &parent);
        let context = span.span_context().clone();
        (Self { context }, MessageSpan { span: Some(span) })
    }

    pub fn trace_id(&self) -> String {
        self.context.trace_id().to_string()
    }

    pub fn traceparent(&self) -> String {
        format!(
            "00-{}-{}-{:02x}",
            self.context.trace_id(),
            self.context.span_id(),
            self.context.trace_flags().to_u8()
        )
    }
}

impl MessageSpan {
    pub(crate) fn end(mut self, error: Option<&str>) {
        if let Some(span) = &mut self.span {
            if let Some(error) = error {
                span.set_status(Status::error(error.to_owned()));
            }
            span.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_is_carried_on() {
        let parent = TraceContext::parse(PARENT).unwrap();
        assert_eq!(parent.traceparent(), PARENT);
        let (child, _) = TraceContext::process(Some(parent), "scorer", "RUN", "scorer-v1");
        assert_eq!(child.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(child.traceparent(), PARENT);
    }

    #[test]
    fn what_is_no_traceparent_starts_a_new_trace() {
        for bad in ["", "00-zz-00-01", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"] {
            assert_eq!(TraceContext::parse(bad), None, "{bad}");
        }
    }
}
