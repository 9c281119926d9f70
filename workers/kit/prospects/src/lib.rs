//! What is done with prospects: taken in, placed in segments, ranked, enrolled, planned, recorded, forgotten.
