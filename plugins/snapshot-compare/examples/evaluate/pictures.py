#!/usr/bin/env python3
"""Fetches the photographs of the evaluation: `pictures.py FOLDER` makes FOLDER/tuning and FOLDER/held-out.

They come out of packages of PyPI (scikit-image, scikit-learn, SciPy 1.9.3, imgaug, matplotlib) and of Debian
(lomiri-wallpapers, mate-backgrounds), under free licences that the packages state. Needs pip, and apt-get on Debian.
None of them is kept in the repository. Which scene belongs to which set was drawn by lot before anything was tuned.
"""

import bz2
import io
import pathlib
import subprocess
import sys
import tempfile
import venv
import zipfile

WHEELS = ["scikit-image", "scikit-learn", "scipy==1.9.3", "imgaug", "matplotlib"]
DEBIAN = ["lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "mate-backgrounds"]

# Of each scene: its package, and how its path ends.
SCENES = {
    "tuning": {
        "brick": ("scikit_image", "brick.png"),
        "bridge": ("lomiri", "Bridge_by_Sander_Klootwijk.jpg"),
        "chelsea": ("scikit_image", "chelsea.png"),
        "china": ("scikit_learn", "china.jpg"),
        "coins": ("scikit_image", "coins.png"),
        "friends": ("lomiri", "friends_by_Aitzol_Berasategi.jpg"),
        "greenmeadow": ("mate", "GreenMeadow.jpg"),
        "hopper": ("matplotlib", "grace_hopper.jpg"),
        "ladybird": ("mate", "LadyBird.jpg"),
        "picture_0b": ("lomiri", "Picture_0B_by_freespace.jpg"),
        "quokka": ("imgaug", "quokka.jpg"),
        "seeding": ("lomiri", "seeding_by_Clements_Engelhardt.jpg"),
        "storm": ("mate", "Storm.jpg"),
        "yellowflower": ("mate", "YellowFlower.jpg"),
    },
    "held-out": {
        "aitzgorri": ("lomiri", "aitzgorri_by_Aitzol_Berasategi.jpg"),
        "astronaut": ("scikit_image", "astronaut.png"),
        "blinds": ("mate", "Blinds.jpg"),
        "camera": ("scikit_image", "data/camera.png"),
        "coffee": ("scikit_image", "coffee.png"),
        "dragonfly": ("lomiri", "Dragonfly_by_Bolly.jpg"),
        "dune": ("mate", "Dune.jpg"),
        "face": ("scipy", "face.dat"),
        "flower": ("scikit_learn", "images/flower.jpg"),
        "free": ("lomiri", "free_by_Peter_Nerlich.jpg"),
        "garden": ("mate", "Garden.jpg"),
        "gravel": ("scikit_image", "gravel.png"),
        "greentock": ("lomiri", "greentock_by_Peter_Nerlich.jpg"),
        "kleiber": ("lomiri", "Kleiber_by_Lukas_Baubkus.jpg"),
        "life": ("lomiri", "life_by_Aitzol_Berasategi.jpg"),
        "motorcycle_left": ("scikit_image", "motorcycle_left.png"),
        "picosdeeuropa": ("lomiri", "picosdeeuropa_by_Aitzol_Berasategi.jpg"),
        "picture_1a": ("lomiri", "Picture_1A_by_freespace.jpg"),
        "raindrops": ("mate", "RainDrops.jpg"),
        "rocket": ("scikit_image", "rocket.jpg"),
        "sunset": ("lomiri", "sunset_by_Aitzol_Berasategi.jpg"),
        "wine": ("lomiri", "Wine_by_Jakkub_Mede.jpg"),
    },
}
LONGER_SIDE_MAX = 2400


def packages(folder):
    """Every file that may be a photograph, by package and path."""
    environment = folder / "venv"
    venv.create(environment, with_pip=True)
    pip = [environment / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "pillow"], check=True)
    for wheel in WHEELS:
        subprocess.run([*pip, "download", "--no-deps", "--only-binary", ":all:", "--dest", folder, wheel], check=True)
    for package in DEBIAN:
        subprocess.run(["apt-get", "--quiet", "download", package], check=True, cwd=folder)
        subprocess.run(["dpkg-deb", "-x", next(folder.glob(f"{package}_*.deb")), folder / package], check=True)
    sys.path.insert(0, str(next(environment.glob("lib/python3*/site-packages"))))
    for path in folder.glob("*.whl"):
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if name.endswith((".jpg", ".png", "face.dat")):
                    yield path.name, name, wheel.read(name)
    for package in DEBIAN:
        for path in (folder / package).rglob("*.jpg"):
            yield package, str(path), path.read_bytes()


def main():
    from_command_line = sys.argv[1:]
    if len(from_command_line) != 1:
        sys.exit(__doc__)
    target = pathlib.Path(from_command_line[0])
    with tempfile.TemporaryDirectory() as temporary:
        files = list(packages(pathlib.Path(temporary)))
        from PIL import Image

        for part, scenes in SCENES.items():
            (target / part).mkdir(parents=True, exist_ok=True)
            for scene, (package, end) in scenes.items():
                found = [data for of, path, data in files if of.startswith(package) and path.endswith(end)]
                if not found:
                    sys.exit(f"no `{end}` in `{package}`")
                if end == "face.dat":
                    picture = Image.frombytes("RGB", (1024, 768), bz2.decompress(found[0]))
                else:
                    picture = Image.open(io.BytesIO(found[0])).convert("RGB")
                picture.thumbnail((LONGER_SIDE_MAX, LONGER_SIDE_MAX))
                picture.save(target / part / f"{scene}.jpg", quality=95)


if __name__ == "__main__":
    main()
