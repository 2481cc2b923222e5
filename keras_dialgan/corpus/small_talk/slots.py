"""The slots of the small-talk grammar and the values that fill them.

A slot is one kind of thing, such as animals. Its forms are the ways in which
templates refer to it: `{animal}` is a dog, `{animals}` are dogs. All forms of
a slot share the numbering of its values, so that an utterance about a dog can
be answered with a sentence about dogs. A form may leave values out, as
`{woman}` does with the names of men.
"""

from dataclasses import dataclass

_VOWELS = "aeiou"


@dataclass(frozen=True)
class Form:
    """One way to write the values of a slot.

    Args:
        slot: Name of the slot.
        values: The value's text by its index; `None` where the form leaves
            the value out.
        tag: The tag by which preparation replaces the slot's values, if any.
    """

    slot: str
    values: tuple[str | None, ...]
    tag: str | None = None

    @property
    def choices(self) -> tuple[int, ...]:
        """Indices of the values that the form can write."""
        return tuple(
            index
            for index, value in enumerate(self.values)
            if value is not None
        )

    def with_article(self) -> "Form":
        """The same form with `a` or `an` before each value."""
        return Form(
            self.slot,
            tuple(value and _with_article(value) for value in self.values),
            self.tag,
        )


def _with_article(value: str) -> str:
    return f"an {value}" if value[0].lower() in _VOWELS else f"a {value}"


def _plain(slot: str, values: str, tag: str | None = None) -> dict[str, Form]:
    """A slot with a single form, from values separated by commas."""
    listed = tuple(value.strip() for value in values.split(","))
    return {slot: Form(slot, listed, tag)}


def _inflected(slot: str, other: str, values: str) -> dict[str, Form]:
    """A slot with two forms, from pairs such as `dog/dogs`."""
    pairs = [value.strip().split("/") for value in values.split(",")]
    return {
        slot: Form(slot, tuple(first for first, _ in pairs)),
        other: Form(slot, tuple(second for _, second in pairs)),
    }


def _divided(
    slot: str, parts: dict[str, str], tag: str | None = None
) -> dict[str, Form]:
    """A slot whose values fall into parts, each with a form of its own."""
    members = {
        part: [value.strip() for value in values.split(",")]
        for part, values in parts.items()
    }
    everything = [value for values in members.values() for value in values]
    forms = {slot: Form(slot, tuple(everything), tag)}
    for part, values in members.items():
        kept = tuple(v if v in values else None for v in everything)
        forms[part] = Form(slot, kept, tag)
    return forms


FORMS: dict[str, Form] = {
    **_divided(
        "person",
        {
            "woman": "Anna, Maria, Laura, Julia, Emma, Sarah, Sophie, Helen, "
            "Alice, Susan, Linda, Karen, Nancy, Elena, Teresa, Monica, "
            "Barbara, Lucy",
            "man": "John, Peter, Paul, Thomas, David, Michael, Daniel, "
            "Robert, William, George, Henry, Martin, Richard, Andrew, Simon, "
            "Edward, Carlos, Tony",
        },
        tag="<person>",
    ),
    **_divided(
        "place",
        {
            "city": "London, Paris, Madrid, Berlin, Rome, Vienna, Lisbon, "
            "Dublin, Moscow, Athens, Prague, Boston, Chicago, Bilbao, "
            "Barcelona, Milan, Venice, Amsterdam, Tokyo, Stockholm, Brussels, "
            "Munich",
            "country": "Spain, France, Italy, Germany, England, Portugal, "
            "Japan, Canada, Mexico, Brazil, Ireland, Sweden",
        },
        tag="<place>",
    ),
    **_plain(
        "number",
        "two, three, four, five, six, seven, eight, nine, ten, eleven",
        tag="<number>",
    ),
    **_plain(
        "amount",
        "15, 18, 20, 25, 28, 30, 33, 35, 40, 45, 48, 50, 55, 60, 65, 70, 75",
        tag="<number>",
    ),
    **_plain("weekday", "Monday, Tuesday, Wednesday, Thursday, Friday"),
    **_plain("month", "January, July, September, October, November"),
    **_plain("season", "spring, summer, autumn, winter"),
    **_plain("weather", "cold, hot, rainy, cloudy, windy, foggy"),
    **_plain(
        "food",
        "pizza, pasta, soup, rice, salad, curry, sushi, lasagna, roast beef",
    ),
    **_plain("fruits", "apples, bananas, cherries, grapes, pears, plums"),
    **_plain("drink", "tea, coffee, water, juice, wine, beer, lemonade"),
    **_plain("colour", "red, green, yellow, purple, pink, black, white"),
    **_inflected(
        "animal",
        "animals",
        "dog/dogs, cat/cats, horse/horses, rabbit/rabbits, parrot/parrots, "
        "snake/snakes, hamster/hamsters",
    ),
    **_inflected(
        "hobby",
        "hobby_do",
        "painting/paint, swimming/swim, knitting/knit, skating/skate, "
        "fishing/fish, hiking/hike, drawing/draw",
    ),
    **_plain("sport", "football, tennis, basketball, golf, rugby, hockey"),
    **_plain("instrument", "piano, guitar, violin, trumpet, flute, harp"),
    **_plain("genre", "jazz, rock, opera, pop, techno, reggae"),
    **_plain("films", "comedies, thrillers, westerns, cartoons, musicals"),
    **_plain(
        "job",
        "teacher, nurse, doctor, engineer, lawyer, waiter, farmer, pilot, "
        "actor",
    ),
    **_plain("subject", "maths, history, biology, chemistry, physics"),
    **_plain("language", "Spanish, French, Italian, German, English, Japanese"),
    **_divided(
        "relative",
        {
            "female": "sister, mother, daughter, aunt, grandmother",
            "male": "brother, father, son, uncle, grandfather",
        },
    ),
    **_plain("room", "kitchen, bathroom, bedroom, garage, cellar"),
    **_plain(
        "building",
        "museum, station, library, bank, hospital, airport, church",
    ),
    **_plain("vehicle", "bus, train, tram, plane, boat"),
    **_plain("garment", "jacket, dress, shirt, hat, coat, skirt, sweater"),
    **_plain("thing", "wallet, umbrella, passport, camera, watch, pen"),
    **_plain("furniture", "table, chair, sofa, bed"),
    **_plain("device", "computer, radio, fridge, television, printer"),
    **_plain("body_part", "head, back, knee, arm, foot, stomach"),
}
