  ;; Reaches beyond its memory of one page, by the length of its config: each access but the last is one that must trap.
  (func (export "watchkeep:plugin/check@0.1.0#execute")
    (param i32 i32 i32 i32 i32 i32 i64 i64 i32 i32 i32 i32 i32 i32) (result i32)
    (block $last
      (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
        (br_table $0 $1 $2 $3 $4 $5 $6 $7 $last (i32.sub (local.get 5) (i32.const 2))))
        (drop (i32.load (i32.const 65533))))
        (drop (i32.load8_u (i32.const 65536))))
        (drop (i64.load (i32.const 0xC0000000))))
        (i64.store (i32.const 0xC0000000) (i64.const -1)))
        (drop (i32.load offset=0xFFFFFFFF (i32.const 0xFFFFFFFF))))
        (i32.store8 offset=4096 (i32.const 0xFFFFFFFF) (i32.const 1)))
        (memory.copy (i32.const 0xC0000000) (i32.const 0) (i32.const 64)))
      (memory.fill (i32.const 65535) (i32.const 1) (i32.const 2)))
    (i32.const 1400))
