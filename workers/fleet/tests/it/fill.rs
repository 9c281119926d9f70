//! What `leadfleet dev` puts into a database by itself, and what it does not.

use fleet::fill;

use super::outreach::{It, file};

#[test]
fn made_people_are_not_put_beside_real_ones() {
    let it = It::start();
    let empty = || it.runtime.block_on(async { fill::is_empty(&it.db()).await }).unwrap();
    assert!(empty());
    let clinics = file("clinic_name,city,state\nOak PT,Phoenix,AZ\n");
    assert_eq!(it.json(&["import", "clinics", clinics.path().to_str().unwrap()])["inserted"], 1);
    assert!(!empty());
}
