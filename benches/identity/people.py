"""A synthetic scenario of people in three registers: scripts, transliterations, nicknames, namesakes, relatives, and typing errors.

Every word is a common given name or surname; every person is invented. Each register has its own script, its own attributes and its own errors.
"""

import argparse
import csv
import json
import random
from collections import defaultdict
from pathlib import Path

# Each name: the spellings in Latin letters, then the one in the script of its language.
GIVEN = {
    "ru": [
        (["Dmitri", "Dmitry", "Dmitriy"], "Дмитрий"), (["Sergei", "Sergey"], "Сергей"), (["Alexander", "Aleksandr"], "Александр"),
        (["Yevgeny", "Evgeny", "Evgenii"], "Евгений"), (["Yekaterina", "Ekaterina"], "Екатерина"), (["Natalya", "Natalia"], "Наталья"),
        (["Andrei", "Andrey"], "Андрей"), (["Yuri", "Yury", "Iurii"], "Юрий"), (["Olga"], "Ольга"), (["Mikhail", "Michail"], "Михаил"),
        (["Tatyana", "Tatiana"], "Татьяна"), (["Fyodor", "Fedor"], "Фёдор"), (["Irina"], "Ирина"), (["Vasily", "Vasiliy"], "Василий"),
    ],
    "ar": [
        (["Mohammed", "Muhammad", "Mohamed"], "محمد"), (["Ahmed", "Ahmad"], "أحمد"), (["Youssef", "Yusuf", "Yousef"], "يوسف"),
        (["Khaled", "Khalid"], "خالد"), (["Fatima", "Fatma"], "فاطمة"), (["Hussein", "Husayn"], "حسين"), (["Omar", "Umar"], "عمر"),
        (["Layla", "Leila"], "ليلى"), (["Abdullah", "Abdallah"], "عبدالله"), (["Mariam", "Maryam"], "مريم"), (["Tariq", "Tarek"], "طارق"),
        (["Samir", "Sameer"], "سمير"), (["Nour", "Noor"], "نور"), (["Ibrahim", "Ebrahim"], "إبراهيم"),
    ],
    "el": [
        (["Georgios", "Yorgos"], "Γεώργιος"), (["Ioannis", "Yannis"], "Ιωάννης"), (["Konstantinos", "Constantinos"], "Κωνσταντίνος"),
        (["Maria"], "Μαρία"), (["Eleni", "Heleni"], "Ελένη"), (["Nikolaos", "Nicolaos"], "Νικόλαος"), (["Dimitrios", "Demetrios"], "Δημήτριος"),
        (["Vasilis", "Vassilis"], "Βασίλης"), (["Sofia", "Sophia"], "Σοφία"), (["Alexandros"], "Αλέξανδρος"),
    ],
    "en": [
        (["William", "Bill"], "William"), (["Robert", "Bob"], "Robert"), (["Elizabeth", "Liz"], "Elizabeth"), (["James", "Jim"], "James"),
        (["Catherine", "Katherine", "Kathryn"], "Catherine"), (["Stephen", "Steven"], "Stephen"), (["Margaret", "Peggy"], "Margaret"),
        (["Michael", "Mike"], "Michael"), (["Sarah", "Sara"], "Sarah"), (["Thomas", "Tom"], "Thomas"), (["Jonathan", "Jon"], "Jonathan"),
    ],
}
FAMILY = {
    "ru": [
        (["Ivanov"], "Иванов"), (["Kuznetsov", "Kouznetsov"], "Кузнецов"), (["Sokolov"], "Соколов"), (["Popov"], "Попов"), (["Lebedev"], "Лебедев"),
        (["Kozlov"], "Козлов"), (["Novikov"], "Новиков"), (["Morozov"], "Морозов"), (["Petrov"], "Петров"), (["Volkov"], "Волков"),
        (["Solovyov", "Soloviev"], "Соловьёв"), (["Zaytsev", "Zaitsev"], "Зайцев"), (["Pavlov"], "Павлов"), (["Semyonov", "Semenov"], "Семёнов"),
        (["Golubev"], "Голубев"), (["Vinogradov"], "Виноградов"), (["Bogdanov"], "Богданов"), (["Vorobyov", "Vorobiev"], "Воробьёв"),
        (["Belyaev", "Beliaev"], "Беляев"), (["Tarasov"], "Тарасов"), (["Chernov"], "Чернов"), (["Zhukov"], "Жуков"), (["Shcherbakov"], "Щербаков"),
    ],
    "ar": [
        (["Al-Masri", "El Masry"], "المصري"), (["Haddad"], "حداد"), (["Khoury", "Khouri"], "خوري"), (["Nasser", "Nasir"], "ناصر"), (["Saleh", "Salih"], "صالح"),
        (["Mansour", "Mansur"], "منصور"), (["Al-Hashimi", "Hashemi"], "الهاشمي"), (["Qasim", "Kassem"], "قاسم"), (["Darwish"], "درويش"), (["Hamdan"], "حمدان"),
        (["Rahman"], "رحمن"), (["Suleiman", "Sulayman"], "سليمان"), (["Barakat"], "بركات"), (["Farouk", "Faruq"], "فاروق"), (["Shaheen", "Shahin"], "شاهين"),
        (["Zaki"], "زكي"), (["Habib"], "حبيب"), (["Fayyad", "Fayad"], "فياض"),
    ],
    "el": [
        (["Papadopoulos"], "Παπαδόπουλος"), (["Georgiou"], "Γεωργίου"), (["Nikolaidis"], "Νικολαΐδης"), (["Dimitriou"], "Δημητρίου"), (["Vlachos", "Vlahos"], "Βλάχος"),
        (["Oikonomou", "Economou"], "Οικονόμου"), (["Karagiannis", "Karayannis"], "Καραγιάννης"), (["Makris"], "Μακρής"), (["Alexiou"], "Αλεξίου"),
        (["Christodoulou"], "Χριστοδούλου"), (["Antoniou"], "Αντωνίου"), (["Stavrou"], "Σταύρου"), (["Panagiotou"], "Παναγιώτου"),
    ],
    "en": [
        (["Smith", "Smyth"], "Smith"), (["Johnson", "Johnston"], "Johnson"), (["Taylor", "Tayler"], "Taylor"), (["Clarke", "Clark"], "Clarke"), (["Turner"], "Turner"),
        (["Walker"], "Walker"), (["Reid", "Reed"], "Reid"), (["Stewart", "Stuart"], "Stewart"), (["Harrison"], "Harrison"), (["Phillips", "Philips"], "Phillips"),
        (["Bennett"], "Bennett"), (["Marshall"], "Marshall"), (["MacDonald", "McDonald"], "MacDonald"), (["Sheppard", "Shepherd"], "Sheppard"), (["Gallagher"], "Gallagher"),
    ],
}
COUNTRY = {"ru": "ru", "ar": "eg", "el": "gr", "en": "gb"}
# Shares of each register: rows of a person, whole dates of birth, years only, numbers, contacts, names in the script of the language.
REGISTERS = {
    "civil": {"rows": 0.9, "day": 0.97, "year": 0.02, "number": 0.95, "contact": 0.3, "script": 0.8},
    "tax": {"rows": 0.8, "day": 0.93, "year": 0.04, "number": 0.9, "contact": 0.5, "script": 0.1},
    "list": {"rows": 0.4, "day": 0.85, "year": 0.12, "number": 0.5, "contact": 0.1, "script": 0.0},
}
COLUMNS = ["id", "register", "name", "birth_date", "country", "number", "contact"]


def popular(draw, items):
    """Draws an item; items early in the list are far more frequent."""
    return items[draw.randrange(draw.randint(1, len(items)))]


def typing_error(draw, text):
    """Returns a text with one letter dropped, doubled or swapped with the next one."""
    at = draw.randrange(1, max(2, len(text) - 1))
    return draw.choice([text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + text[at : at + 2][::-1] + text[at + 2 :]])


def people(draw, count):
    """Draws people. One in twenty is a child with the name of a parent, the same contact, and another date of birth."""
    drawn = []
    for number in range(count):
        language = draw.choices(list(GIVEN), weights=[35, 25, 15, 25])[0]
        person = {
            "language": language,
            "given": popular(draw, GIVEN[language]),
            "family": popular(draw, FAMILY[language]),
            "born": f"{draw.randint(1935, 2004)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
            "number": f"{language.upper()}{draw.randrange(10**8):08}",
            "contact": f"+{draw.randint(20, 99)}{draw.randrange(10**9):09}",
        }
        if drawn and draw.random() < 0.05:
            parent = draw.choice(drawn)
            person |= {"language": parent["language"], "family": parent["family"], "contact": parent["contact"]}
            person["given"] = parent["given"] if draw.random() < 0.5 else popular(draw, GIVEN[parent["language"]])
        drawn.append(person | {"person": f"p{number}"})
    return drawn


def row(draw, person, shares):
    """Returns a person as a register writes it."""
    given, family = person["given"], person["family"]
    if draw.random() < shares["script"]:
        words = [given[1], family[1]]
    else:
        words = [draw.choice(given[0]), draw.choice(family[0])]
    if draw.random() < 0.04:
        place = draw.randrange(2)
        words[place] = typing_error(draw, words[place])
    name = f"{words[1]}, {words[0]}" if draw.random() < 0.2 else " ".join(words)
    born, chance = person["born"], draw.random()
    if draw.random() < 0.015:
        born = born[:8] + f"{draw.randint(1, 28):02}"
    number = typing_error(draw, person["number"]) if draw.random() < 0.015 else person["number"]
    return {
        "name": name,
        "birth_date": born if chance < shares["day"] else born[:4] if chance < shares["day"] + shares["year"] else "",
        "country": COUNTRY[person["language"]] if draw.random() < 0.9 else "",
        "number": number if draw.random() < shares["number"] else "",
        "contact": person["contact"] if draw.random() < shares["contact"] else "",
    }


def write(folder, count, seed):
    """Writes the rows of all registers as CSV, as FollowTheMoney, and the truth. Returns the true person of each row."""
    draw = random.Random(seed)
    rows, truth = [], {}
    for person in people(draw, count):
        for register, shares in REGISTERS.items():
            if draw.random() < shares["rows"]:
                rows.append({"register": register, **row(draw, person, shares), "person": person["person"]})
    draw.shuffle(rows)
    folder.mkdir(parents=True, exist_ok=True)
    files = {register: open(folder / f"{register}.ftm.json", "w", encoding="utf-8") for register in REGISTERS}
    with open(folder / "people.csv", "w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, COLUMNS)
        writer.writeheader()
        for number, row_ in enumerate(rows):
            row_["id"] = f"{row_['register']}-{number}"
            truth[row_["id"]] = row_["person"]
            writer.writerow({column: row_[column] for column in COLUMNS})
            properties = {"name": "name", "birth_date": "birthDate", "country": "country", "number": "taxNumber", "contact": "phone"}
            values = {name: [row_[column]] for column, name in properties.items() if row_[column]}
            files[row_["register"]].write(json.dumps({"id": row_["id"], "schema": "Person", "properties": values}, ensure_ascii=False) + "\n")
    for file in files.values():
        file.close()
    (folder / "truth.csv").write_text("id,person\n" + "".join(f"{row_},{person}\n" for row_, person in truth.items()))
    return truth


def pairs(count, seed):
    """Yields pairs of names with their truth: a person as two registers write the name, and two people who share one of two words."""
    draw = random.Random(seed)
    drawn = people(draw, count)
    sharing = defaultdict(list)
    for person in drawn:
        for word in ("given", "family"):
            sharing[person[word][1]].append(person)
    for person in drawn:
        one, other = (row(draw, person, draw.choice(list(REGISTERS.values())))["name"] for _ in range(2))
        yield one, other, True
        near = [other for other in sharing[person[draw.choice(["given", "family"])][1]] if (other["given"], other["family"]) != (person["given"], person["family"])]
        if near:
            both = (row(draw, each, draw.choice(list(REGISTERS.values())))["name"] for each in (person, draw.choice(near)))
            yield *both, False


def main():
    """Writes pairs of names as the example `fit` of araneus-names reads them."""
    parser = argparse.ArgumentParser(description="Writes pairs of invented names with their truth.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args()
    with open(options.file, "w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["schema", "name1", "name2", "is_match"])
        writer.writerows(("Person", one, other, str(is_one).lower()) for one, other, is_one in pairs(options.people, options.seed))


if __name__ == "__main__":
    main()
