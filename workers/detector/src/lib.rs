//! Learns from conversions every week, on demand, and from any table of outcomes.
