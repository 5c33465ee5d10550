"""Writes msgnb_mocks/corpus.json: the names, places and exchanges that a world is made of.

Names, cities, products and order numbers are Faker's; the exchanges are written here. It is run by hand when
the corpus changes, so that starting a mock costs neither Faker's import nor its time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from faker import Faker

NAMES = 30
TARGET = Path(__file__).parent / "msgnb_mocks" / "world" / "corpus.json"

# For each language: its prefix of mobile phones, and questions with their answers.
TEXTS: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "en_US": (["+1858555", "+1212555"], [
        ("Hi! Where is my order {order}?", "Hello {name}, order {order} left {city} this morning. 🚚"),
        ("How much is the {product}?", "It is between $5 and $6, depending on the size."),
        ("Can I change my appointment?", "Of course. Would {day} at {hour} suit you?"),
        ("The invoice shows the wrong name", "Sorry about that! We corrected it, you will get a new one."),
        ("Are you open on Sunday?", "We are open Monday to Saturday, 9 to 6."),
        ("Thanks a lot 😊", "You're welcome, {name}. Have a great day!"),
        ("STOP", "You won't get any more messages from us."),
        ("<b>URGENT</b> please call me & my team", "We'll call you in ten minutes."),
        ("{order}", "Thank you, we found your order {order}."),
    ]),
    "pt_BR": (["+55119", "+55219", "+55319"], [
        ("Oi, bom dia! Cadê o meu pedido {order}?", "Olá, {name}! O pedido {order} saiu de {city} hoje. 🚚"),
        ("Quanto custa o {product}?", "Custa R$ 49,90 à vista ou em até 3x sem juros."),
        ("Preciso remarcar a consulta", "Sem problema. {day} às {hour} fica bom para você?"),
        ("Não recebi o boleto ainda 😕", "Reenviamos agora para o seu e-mail. Verifique também o spam."),
        ("Vocês abrem no sábado?", "Sim! Das 9h às 14h."),
        ("Obrigada, vocês são ótimos! ❤️", "Nós é que agradecemos, {name}!"),
        ("Quero falar com um atendente", "Claro. Um momento, já vou transferir você."),
        ("Meu código é {order}", "Perfeito, código {order} confirmado. ✅"),
    ]),
    "es_ES": (["+346"], [
        ("¡Hola! ¿Dónde está mi pedido {order}?", "Hola, {name}. El pedido {order} salió ayer de {city}. 🚚"),
        ("¿Cuánto cuesta el {product}?", "Cuesta 19,95 € con envío incluido."),
        ("Quiero cambiar la cita", "Claro, ¿le viene bien el {day} a las {hour}?"),
        ("¿Abrís mañana?", "Sí, de 9:00 a 18:00."),
        ("Muchísimas gracias 🙏", "¡A usted! Que tenga un buen día."),
        ("No me funciona la contraseña", "Le hemos enviado un enlace para cambiarla."),
    ]),
    "fr_FR": (["+336", "+337"], [
        ("Bonjour, où en est ma commande {order} ?", "Bonjour {name}, elle a quitté {city} hier. 🚚"),
        ("Combien coûte le {product} ?", "Il coûte 24,90 €, livraison comprise."),
        ("Je dois déplacer mon rendez-vous", "Bien sûr. {day} à {hour}, cela vous convient ?"),
        ("Êtes-vous ouverts dimanche ?", "Non, du lundi au samedi de 9 h à 18 h."),
        ("Merci beaucoup, c’est réglé 😊", "Avec plaisir ! Bonne journée à vous."),
        ("Je n’ai pas reçu la facture", "Nous vous l’avons renvoyée à l’instant."),
    ]),
    "de_DE": (["+4915", "+4917"], [
        ("Wo bleibt meine Bestellung {order}?", "Guten Tag {name}, sie ging heute in {city} ab. 🚚"),
        ("Was kostet der Artikel {product}?", "Er kostet 12,50 € zuzüglich Versand."),
        ("Kann ich den Termin verschieben?", "Gerne. Passt Ihnen {day} um {hour} Uhr?"),
        ("Haben Sie samstags geöffnet?", "Ja, von 9 bis 14 Uhr."),
        ("Vielen Dank für die schnelle Hilfe! 👍", "Sehr gerne. Schönen Tag noch!"),
    ]),
    "ar_AA": (["+9665", "+9715"], [
        ("السلام عليكم، أين طلبي رقم {order}؟", "وعليكم السلام {name}، خرج الطلب من {city} صباح اليوم. 🚚"),
        ("كم سعر المنتج؟", "السعر ٤٥ ريالاً شاملاً التوصيل."),
        ("أريد تغيير الموعد من فضلك", "بكل سرور. هل يناسبك {day} الساعة {hour}؟"),
        ("هل أنتم مفتوحون يوم الجمعة؟", "نعم، من الرابعة عصراً حتى العاشرة مساءً."),
        ("شكراً جزيلاً 🌹", "العفو، نحن في خدمتك دائماً."),
    ]),
    "he_IL": (["+97250", "+97252"], [
        ("שלום, איפה ההזמנה שלי {order}?", "שלום {name}, ההזמנה יצאה הבוקר מ{city}. 🚚"),
        ("כמה עולה המשלוח?", "המשלוח עולה 25 ₪."),
        ("אפשר להזיז את התור?", "בטח. {day} בשעה {hour} מתאים?"),
        ("תודה רבה! 😊", "בשמחה, יום נעים!"),
    ]),
    "ja_JP": (["+8190", "+8180"], [
        ("注文{order}はいつ届きますか？", "{name}様、本日{city}から発送いたしました。🚚"),
        ("値段はいくらですか？", "税込3,980円でございます。"),
        ("予約を変更したいです", "かしこまりました。{day}の{hour}時はいかがでしょうか。"),
        ("ありがとうございます！", "こちらこそ、ありがとうございます。"),
    ]),
    "fr_BJ": (["+22901"], [
        ("Ma commande {order} est arrivée ?", "Bonsoir {name}, elle vous attend à l’agence de {city}."),
        ("C’est combien le {product} ?", "5 000 F CFA, et la livraison est gratuite à Cotonou."),
        ("Je peux payer par Mobile Money ?", "Oui, au *880#. Envoyez-nous la référence après."),
        ("Merci bien 🙏", "C’est nous. À bientôt !"),
    ]),
}  # fmt: skip
# Where Faker has no such locale, or no cities of its own in it, they come from elsewhere.
FAKER = {"fr_BJ": "yo_NG"}
CITIES = {
    "ar_AA": ["الرياض", "جدة", "الدمام", "دبي", "الشارقة"],
    "fr_BJ": ["Cotonou", "Porto-Novo", "Parakou", "Abomey", "Bohicon", "Ouidah"],
}
DAYS = {
    "en_US": ["Monday", "Tuesday", "Thursday"], "pt_BR": ["segunda-feira", "terça-feira", "quinta-feira"],
    "es_ES": ["lunes", "martes", "jueves"], "fr_FR": ["lundi", "mardi", "jeudi"],
    "de_DE": ["Montag", "Dienstag", "Donnerstag"], "ar_AA": ["الأحد", "الثلاثاء", "الخميس"],
    "he_IL": ["יום ראשון", "יום שלישי", "יום חמישי"], "ja_JP": ["月曜日", "火曜日", "木曜日"],
    "fr_BJ": ["lundi", "mardi", "jeudi"],
}  # fmt: skip


def locale(name: str) -> dict[str, Any]:
    """What a world needs of one language."""
    fake = Faker(FAKER.get(name, name))
    fake.seed_instance(2026)
    prefixes, exchanges = TEXTS[name]
    people = [(fake.first_name(), fake.last_name()) for _ in range(NAMES)]
    return {
        "people": people,
        "cities": CITIES.get(name) or sorted({fake.city() for _ in range(12)}),
        "products": sorted({fake.bothify("??-###").upper() for _ in range(12)}),
        "days": DAYS[name],
        "prefixes": prefixes,
        "exchanges": exchanges,
    }


def main() -> None:
    """Write the corpus."""
    corpus = {name: locale(name) for name in TEXTS}
    TARGET.write_text(json.dumps(corpus, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
