//! `freeze`: a time in which nothing gets in, and its end.

use crate::house::House;

#[test]
fn a_freeze_holds_a_promotion_until_it_is_lifted() {
    let house = House::new(
        "splits",
        "main",
        &[("infrastructure/a.yaml", "- docker: a\n")],
    );
    let commit = house.head();
    house.build(&commit);
    house.act(&["record", "lint", "pass", "--commit", "HEAD"]);
    house.act(&[
        "freeze",
        "holidays",
        "--reason",
        "nobody is here",
        "--env",
        "staging",
        "--to",
        "2027-01-02T00:00:00Z",
    ]);
    let staging = ["promote", "staging", "--version", &commit];
    assert_eq!(house.held(&staging), ["freeze:holidays"]);
    house.act(&["freeze", "holidays", "--lift"]);
    house.enters("staging", &commit, &[]);
}
