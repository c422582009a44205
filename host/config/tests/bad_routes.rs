//! One test for each kind of bad input: receivers and routes.

mod lab;

use lab::check;

#[test]
fn a_receiver_that_no_route_tells_is_a_warning() {
    insta::assert_snapshot!(check("[[receiver]]\nname = \"a\"\nplugin = \"console\"\n"), @r##"
warning: no route tells the receiver `a`
 --> main.toml:2:8
  |
2 | name = "a"
  |        ^^^
  |
  = key: receiver.a
  = hint: add `receivers = ["a"]` to a [[route]], or take it out

1 warning
"##);
}

#[test]
fn routes_that_are_no_tree_are_refused() {
    let text = "[[route]]\nname = \"one\"\n[[route]]\nname = \"two\"\n\
                [[route]]\nname = \"a\"\nunder = \"b\"\n[[route]]\nname = \"b\"\nunder = \"a\"\n";
    insta::assert_snapshot!(check(text), @r##"
error: `two` is a second root
 --> main.toml:4:8
  |
4 | name = "two"
  |        ^^^^^
  |
 ::: main.toml:2:8
  |
2 | name = "one"
  |        ----- the first root
  |
  = key: route.two.under
  = hint: add `under = "one"`: only one route is without `under`

error: routes are under each other: `a` -> `b` -> `a`
 --> main.toml:7:9
  |
7 | under = "b"
  |         ^^^
  |
  = key: route.a.under
  = hint: one of them has to be under a route that leads to the root

2 errors
"##);
}

#[test]
fn routes_without_a_root_are_refused() {
    let printed = check("[[route]]\nname = \"a\"\nunder = \"a\"\n");
    assert!(printed.contains("routes are under each other: `a` -> `a`"), "{printed}");
}

#[test]
fn what_a_root_cannot_have_is_told() {
    let text = "[[route]]\nname = \"root\"\nmatch = ['team=\"web\"']\ncontinue = true\n\
                [[route]]\nname = \"x\"\nunder = \"root\"\nmatch = ['team']\ngroup_by = [\"...\", \"team\"]\n";
    insta::assert_snapshot!(check(text), @r##"
error: the root takes every alert, so it has no `match`
 --> main.toml:3:1
  |
3 | match = ['team="web"']
  | ^^^^^
  |
  = key: route.root.match
  = hint: put it into a route `under` this one

error: the root takes every alert, so it has no `continue`
 --> main.toml:4:1
  |
4 | continue = true
  | ^^^^^^^^
  |
  = key: route.root.continue
  = hint: put it into a route `under` this one

error: `team` is no matcher: no operator follows the label `team`
 --> main.toml:8:10
  |
8 | match = ['team']
  |          ^^^^^^
  |
  = key: route.x.match
  = hint: write it as `'team="web"'`, with `=`, `!=`, `=~` or `!~`

error: `...` groups nothing, so it stands alone
 --> main.toml:9:13
  |
9 | group_by = ["...", "team"]
  |             ^^^^^
  |
  = key: route.x.group_by
  = hint: take the labels out, or `...`

4 errors
"##);
}
