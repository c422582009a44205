//! One test for each kind of bad input: receivers and routes.

use crate::lab::check;

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

error: `team` is not a valid matcher: no operator follows the label `team`
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

const RECEIVERS: &str = "[[receiver]]\nname = \"chat\"\nplugin = \"console\"\n";

#[test]
fn a_route_tells_receivers_or_an_escalation() {
    let text = format!(
        "{RECEIVERS}[[escalation.on-call]]\nreceivers = [\"chat\"]\n\
         [[route]]\nname = \"root\"\nreceivers = [\"chat\"]\nescalation = \"on-call\"\n\
         [[route]]\nname = \"x\"\nunder = \"root\"\nescalation = \"oncall\"\n"
    );
    insta::assert_snapshot!(check(&text), @r##"
error: `receivers` and `escalation` exclude each other
 --> main.toml:9:1
  |
9 | escalation = "on-call"
  | ^^^^^^^^^^
  |
 ::: main.toml:8:1
  |
8 | receivers = ["chat"]
  | --------- the other one
  |
  = key: route.root.escalation
  = hint: keep one of the two; the receivers of the first step are told at once

error: unknown escalation `oncall`
  --> main.toml:13:14
   |
13 | escalation = "oncall"
   |              ^^^^^^^^
   |
   = key: route.x.escalation
   = hint: did you mean `on-call`?

2 errors
"##);
}

#[test]
fn steps_of_an_escalation_that_tell_nobody_or_at_once_again_are_refused() {
    let text = format!(
        "{RECEIVERS}[[route]]\nname = \"root\"\nescalation = \"on-call\"\n\
         [[escalation.on-call]]\nreceivers = []\n[[escalation.on-call]]\nrecievers = [\"chat\"]\n\
         [[escalation.on-call]]\nafter = \"0s\"\nrepeat = 2\nreceivers = [\"chta\"]\n[escalation.other]\nreceivers = [\"chat\"]\n"
    );
    insta::assert_snapshot!(check(&text), @r##"
error: the step tells nobody
 --> main.toml:8:13
  |
8 | receivers = []
  |             ^^
  |
  = key: escalation.on-call
  = hint: add `receivers = ["..."]`, or take the step out

error: the step tells nobody
 --> main.toml:9:1
  |
9 | [[escalation.on-call]]
  | ^^^^^^^^^^^^^^^^^^^^^^
  |
  = key: escalation.on-call
  = hint: add `receivers = ["..."]`, or take the step out

error: unknown key `recievers` in an escalation
  --> main.toml:10:1
   |
10 | recievers = ["chat"]
   | ^^^^^^^^^
   |
   = key: escalation.on-call.recievers
   = hint: did you mean `receivers`?

error: the step would be told again at once, since its `after` is zero
  --> main.toml:13:1
   |
13 | repeat = 2
   | ^^^^^^
   |
   = key: escalation.on-call.repeat
   = hint: give the step an `after` such as `"5m"`, or take `repeat` out

error: unknown receiver `chta`
  --> main.toml:14:14
   |
14 | receivers = ["chta"]
   |              ^^^^^^
   |
   = key: escalation.on-call.receivers
   = hint: did you mean `chat`?

error: `other` wants a list of steps, not a table
  --> main.toml:15:1
   |
15 | [escalation.other]
   | ^^^^^^^^^^^^^^^^^^
   |
   = key: escalation.other
   = hint: write the header `[[escalation.other]]`, with two brackets

warning: no route has the escalation `other`
  --> main.toml:15:13
   |
15 | [escalation.other]
   |             ^^^^^
   |
   = key: escalation.other
   = hint: add `escalation = "other"` to a [[route]], or take it out

6 errors, 1 warning
"##);
}

#[test]
fn an_escalation_that_no_route_has_is_a_warning() {
    let text = format!(
        "{RECEIVERS}[[route]]\nname = \"root\"\nreceivers = [\"chat\"]\n[[escalation.spare]]\nreceivers = [\"chat\"]\n"
    );
    insta::assert_snapshot!(check(&text), @r##"
warning: no route has the escalation `spare`
 --> main.toml:7:14
  |
7 | [[escalation.spare]]
  |              ^^^^^
  |
  = key: escalation.spare
  = hint: add `escalation = "spare"` to a [[route]], or take it out

1 warning
"##);
}

#[test]
fn a_receiver_is_not_its_own_fallback() {
    let text = "[[route]]\nname = \"root\"\nreceivers = [\"chat\"]\n\
                [[receiver]]\nname = \"chat\"\nplugin = \"console\"\nfallback = \"chat\"\n\
                [[receiver]]\nname = \"log\"\nplugin = \"console\"\nfallback = \"chatt\"\n";
    insta::assert_snapshot!(check(text), @r##"
error: `chat` would be its own fallback
 --> main.toml:7:12
  |
7 | fallback = "chat"
  |            ^^^^^^
  |
  = key: receiver.chat.fallback
  = hint: name another receiver, which works when this one does not

error: unknown receiver `chatt`
  --> main.toml:11:12
   |
11 | fallback = "chatt"
   |            ^^^^^^^
   |
   = key: receiver.log.fallback
   = hint: did you mean `chat`?

2 errors
"##);
}
