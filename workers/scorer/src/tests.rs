//! Whole runs through the pure rules.
