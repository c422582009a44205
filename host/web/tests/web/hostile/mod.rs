//! The host under people, plugins and targets that mean harm: what they say stays text, what they send is refused in a
//! sentence, and what is secret is told to nobody. The tests walk the table of routes, so whoever adds a route has it tried.

mod answers;
mod bodies;
mod canary;
mod formulas;
mod headers;
mod paths;
mod proof;
mod reflected;
mod scripts;
mod secrets;
mod stored;
mod wire;
mod world;
