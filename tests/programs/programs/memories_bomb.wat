  ;; Grows three memories in turn, none of which is large by itself.
  (memory $first 1)
  (memory $second 1)
  (memory $third 1)
  (func (export "watchkeep:plugin/check@0.1.0#execute")
    (param i32 i32 i32 i32 i32 i32 i64 i64 i32 i32 i32 i32 i32 i32) (result i32)
    (loop $again
      (if (i32.eq (memory.grow $first (i32.const 8)) (i32.const -1)) (then (unreachable)))
      (if (i32.eq (memory.grow $second (i32.const 8)) (i32.const -1)) (then (unreachable)))
      (if (i32.eq (memory.grow $third (i32.const 8)) (i32.const -1)) (then (unreachable)))
      (br $again))
    (unreachable))
