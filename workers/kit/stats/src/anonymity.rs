//! What may be told of groups so that nobody in them can be read back.

/// A group tells of nobody when it has so many people.
pub const LEAST: u64 = 5;

/// Whether the number of people with a property may be told of so many: those with it, and those without it, are
/// enough, or there is nobody on one side.
///
/// A complement of one or two tells of them as plainly as a group of one or two would.
pub fn may_be_told(with: u64, of: u64, least: u64) -> bool {
    let without = of.saturating_sub(with);
    let enough = |people: u64| people == 0 || people >= least;
    of >= least && enough(with) && enough(without)
}

/// Whether a newer count may follow an older one: who came or left between the two is nobody, or enough.
pub fn may_follow(before: (u64, u64), now: (u64, u64), least: u64) -> bool {
    let enough = |one: u64, other: u64| one == other || one.abs_diff(other) >= least;
    let (without_before, without_now) = (before.1.saturating_sub(before.0), now.1.saturating_sub(now.0));
    enough(before.0, now.0) && enough(without_before, without_now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_small_group_nor_a_small_rest_is_told() {
        for (with, of, told) in [
            (42, 47, true),
            (44, 47, false),
            (3, 47, false),
            (47, 47, true),
            (0, 47, true),
            (4, 4, false),
            (0, 0, false),
        ] {
            assert_eq!(may_be_told(with, of, LEAST), told, "{with} of {of}");
        }
    }

    #[test]
    fn two_releases_do_not_tell_of_the_one_between_them() {
        assert!(may_follow((42, 47), (42, 47), LEAST));
        assert!(!may_follow((42, 47), (43, 48), LEAST));
        assert!(!may_follow((42, 47), (42, 48), LEAST));
        assert!(may_follow((42, 47), (47, 57), LEAST));
    }
}
