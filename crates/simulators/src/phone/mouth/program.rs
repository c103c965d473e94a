//! The steps still to be done, loops unrolled as they are reached.

use crate::phone::script::{Script, Step};

/// How deep loops may be nested when a program runs; deeper ones are skipped.
const MAX_DEPTH: usize = 32;

struct Level {
    steps: Script,
    next: usize,
    rounds_left: u32,
}

pub(crate) struct Program {
    levels: Vec<Level>,
}

impl Program {
    pub(crate) fn new(steps: Script) -> Self {
        let mut program = Self { levels: Vec::new() };
        program.repeat(1, steps);
        program
    }

    /// Does `steps` so many times before going on.
    pub(crate) fn repeat(&mut self, times: u32, steps: Script) {
        if times > 0 && !steps.steps.is_empty() && self.levels.len() < MAX_DEPTH {
            self.levels.push(Level { steps, next: 0, rounds_left: times });
        }
    }

    pub(crate) fn next(&mut self) -> Option<Step> {
        loop {
            let level = self.levels.last_mut()?;
            if let Some(step) = level.steps.steps.get(level.next) {
                level.next += 1;
                return Some(step.clone());
            }
            level.next = 0;
            level.rounds_left -= 1;
            if level.rounds_left == 0 {
                self.levels.pop();
            }
        }
    }
}
