//! Which file systems hold ordinary files. In others, the kernel shows its own workings, such as memory and environment
//! of every process, and a read may have effects.

/// Whether a file system holds ordinary files, by the number that the kernel gives its kind (`statfs(2)`). A kind that
/// is not listed here holds none.
pub fn holds_files(kind: u64) -> bool {
    const KINDS: &[u64] = &[
        0xef53,      // ext2, ext3, ext4
        0x5846_5342, // xfs
        0x9123_683e, // btrfs
        0xca45_1a4e, // bcachefs
        0x2fc1_2fc1, // zfs
        0xf2f5_2010, // f2fs
        0x3153_464a, // jfs
        0x5265_4973, // reiserfs
        0x3434,      // nilfs2
        0x0102_1994, // tmpfs
        0x8584_58f6, // ramfs
        0x794c_7630, // overlayfs
        0x6175_6673, // aufs
        0xf15f,      // ecryptfs
        0x7371_7368, // squashfs
        0xe0f5_e1e2, // erofs
        0x28cd_3d45, // cramfs
        0x9660,      // iso9660
        0x1501_3346, // udf
        0x4d44,      // vfat
        0x2011_bab0, // exfat
        0x5346_544e, // ntfs
        0x7366_746e, // ntfs3
        0x482b,      // hfs+
        0x2405_1905, // ubifs
        0x72b6,      // jffs2
        0x6969,      // nfs
        0x517b,      // smb
        0xfe53_4d42, // smb2
        0xff53_4d42, // cifs
        0x00c3_6400, // ceph
        0x5346_414f, // afs
        0x0116_1970, // gfs2
        0x7461_636f, // ocfs2
        0x0bd0_0bd0, // lustre
        0x4750_4653, // gpfs
        0x1983_0326, // beegfs
        0x0102_1997, // 9p
        0x786f_4256, // vboxsf
        0xbacb_acbc, // vmhgfs
        0x6573_5546, // fuse, virtiofs
    ];
    KINDS.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_own_hold_none() {
        let own = [
            0x9fa0,
            0x6265_6572,
            0x6462_6720,
            0x7472_6163,
            0x0027_e0eb,
            0x6367_7270,
            0x7363_6673,
            0x6265_6570,
            0xcafe_4a11,
            0xde5e_81e4,
            0x6165_676c,
            0x1cd1,
            0x6e73_6673,
            0x5049_5045,
            0x534f_434b,
            0x1980_0202,
            0x9584_58f6,
            0x6573_5543,
        ];
        assert!(!own.into_iter().any(holds_files));
        assert!([0xef53, 0x0102_1994, 0x794c_7630].into_iter().all(holds_files));
    }
}
