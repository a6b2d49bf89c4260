"""Invented briefings as a newsroom writes them, each with the topic that an editor would put first."""

from __future__ import annotations

from typing import Final, NamedTuple


class Judged(NamedTuple):
    """A made-up item, its main topic, and what else it may fairly carry."""

    topic: str
    title: str
    text: str
    also: frozenset[str] = frozenset()


JUDGED: Final = (
    # --- economy ---
    Judged(
        "economy",
        "Third-Quarter Growth Misses Official Target as Households Keep Saving",
        "The economy expanded by 4.4 percent in the third quarter, the slowest pace in six quarters. "
        "Retail sales rose by only two percent, and producers cut prices for the tenth month in a row. "
        "Analysts said weak consumer confidence, not a lack of supply, holds the recovery back.",
    ),
    Judged(
        "economy",
        "Brazil Opens Anti-Dumping Probe into Chinese Steel Coil",
        "Brazil's trade ministry will examine whether coated steel from China is sold below cost. Local "
        "mills say imports have doubled in two years. If the complaint is upheld, tariffs of up to 25 "
        "percent could follow.",
    ),
    Judged(
        "economy",
        "Small Toy Makers in Guangdong Close as Orders from Abroad Dry Up",
        "Owners of small factories in Shantou say that overseas buyers have cut orders by half since "
        "spring. Several workshops have let their workers go; freight rates and rents did the rest. A "
        "local chamber of commerce asked for tax relief for exporters.",
        also=frozenset({"technology"}),
    ),
    # --- finance ---
    Judged(
        "finance",
        "Regional Lender in Henan Freezes Withdrawals for a Second Week",
        "Customers of a rural bank in Henan could not reach their savings for the second week. The "
        "regulator said deposits are insured up to the legal limit. Depositors blame loans to firms close "
        "to a shareholder.",
    ),
    Judged(
        "finance",
        "Yuan Slides to Lowest Level in Eleven Months",
        "The currency fell past 7.35 to the dollar on Tuesday. Traders expect the central bank to lower "
        "interest rates again; state banks were seen selling dollars in the foreign exchange market "
        "toward the close.",
    ),
    Judged(
        "finance",
        "Guizhou Asks Creditors to Stretch Road Company's Bonds over Twenty Years",
        "A financing vehicle owned by a city in Guizhou wants to repay its bonds in twenty years instead "
        "of five. The province's local government debt is among the highest in the country relative to "
        "its revenue. Rating agencies call the plan a default in all but name.",
    ),
    # --- technology ---
    Judged(
        "technology",
        "Shanghai Foundry Claims Yield Gains on Seven-Nanometer Wafers",
        "A contract chipmaker in Shanghai says that four of five chips on its newest wafers now work. The "
        "plant uses older lithography machines in several passes. Engineers abroad doubt that costs can "
        "fall far enough.",
    ),
    Judged(
        "technology",
        "Humanoid Robots Take Over Night Shift at Hefei Car Plant",
        "Forty humanoid robots now carry parts at an electric vehicle plant in Hefei. Their maker trains "
        "them with artificial intelligence on recordings of workers' movements. Each still needs a "
        "battery change every three hours.",
        also=frozenset({"economy"}),
    ),
    Judged(
        "technology",
        "Lunar Probe Returns Samples from the Far Side",
        "A capsule with two kilograms of soil landed in Inner Mongolia before dawn. Scientists will share "
        "a part of the samples with laboratories in six countries. The next spacecraft, due in two years, "
        "is to look for ice near the south pole of the moon.",
    ),
    # --- energy ---
    Judged(
        "energy",
        "Sichuan Rations Power as Reservoirs Run Dry",
        "Factories in Sichuan were told to stop for six days because hydropower stations produce half of "
        "what is usual in August. Coal-fired plants in the north run at full load to fill the gap. "
        "Households face blackouts in the evening.",
        also=frozenset({"economy"}),
    ),
    Judged(
        "energy",
        "Lithium Miner Halts Two Pits After Price Collapse",
        "One of the largest lithium producers stopped work at two mines in Jiangxi. The metal costs a "
        "fifth of what it did two years ago. Smelters hold stocks for four months.",
        also=frozenset({"economy"}),
    ),
    Judged(
        "energy",
        "Second Gas Pipeline from Siberia Waits for a Price",
        "Moscow and Beijing still disagree on what natural gas through a second pipeline should cost. The "
        "line would carry as much as Europe once bought. Chinese buyers point to cheap LNG cargoes from "
        "Qatar.",
        also=frozenset({"economy", "international"}),
    ),
    # --- politics ---
    Judged(
        "politics",
        "Former Provincial Chief Expelled from Party for Taking Bribes",
        "The Central Commission for Discipline Inspection announced that a former governor lost his "
        "membership for corruption. He is the ninth senior cadre to fall this year. Prosecutors take over "
        "the case.",
    ),
    Judged(
        "politics",
        "Plenum Communique Puts Loyalty Before Reform",
        "After four days behind closed doors the Central Committee published a text that names the leader "
        "eleven times. It promises stricter Party discipline and says little about reform. Two seats on "
        "the Politburo stay empty.",
    ),
    Judged(
        "politics",
        "Universities Told to Open Research Centers for Xi Jinping Thought",
        "A circular asks all provinces to add study centers for Xi Jinping Thought. Party committees will "
        "judge deans by how many cadres took part. Marxism departments get new posts.",
        also=frozenset({"society"}),
    ),
    # --- society ---
    Judged(
        "society",
        "Births Fall Below Eight Million for the First Time",
        "Fewer than eight million babies were born last year. Young people put off marriage, and half of "
        "the kindergartens in some counties closed. Officials consider longer parental leave and cheaper "
        "childcare.",
    ),
    Judged(
        "society",
        "Censors Remove Essay on Empty Dormitories Within Two Hours",
        "A teacher's essay about unemployed graduates was read four million times on WeChat before it "
        "vanished. Netizens passed on screenshots, written backwards to slip past filters. The writer's "
        "account is closed.",
    ),
    Judged(
        "society",
        "House Church Pastor in Wenzhou Held After Easter Service",
        "Police took the pastor and three members of an unregistered church from a rented hall. A human "
        "rights lawyer was not allowed to see them. Christians in the city have moved their services to "
        "the internet.",
    ),
    # --- international ---
    Judged(
        "international",
        "Foreign Ministers of China and Germany Meet in Munich",
        "The two foreign ministers spoke for ninety minutes about Ukraine and the European Union's plans. "
        "Both sides want regular dialogue. A state visit is planned for autumn, diplomats said.",
    ),
    Judged(
        "international",
        "Pacific Island Nation Switches Recognition from Taipei to Beijing",
        "The island's parliament voted to end diplomatic relations with Taiwan after thirty years. Its "
        "ambassador in Taipei leaves this week. Washington called the step regrettable; Beijing promised "
        "aid.",
    ),
    Judged(
        "international",
        "African Leaders Gather in Beijing for Summit on Partnership",
        "Heads of state from forty African countries attend the summit. They hope for debt relief and for "
        "a larger say of the Global South in the United Nations. Beijing offers a strategic partnership "
        "to all of them.",
        also=frozenset({"finance"}),
    ),
    # --- military ---
    Judged(
        "military",
        "Forty Aircraft Cross Median Line in Two Days of Drills",
        "Taiwan's defense ministry counted forty warplanes and nine naval vessels around the island. Most "
        "crossed the median line of the strait. The Eastern Theater Command spoke of a routine exercise.",
        also=frozenset({"international"}),
    ),
    Judged(
        "military",
        "Third Aircraft Carrier Leaves Shanghai for Sea Trials",
        "The navy's newest carrier left its dock with tugs on both sides. It is the first with "
        "electromagnetic catapults, which launch heavier fighter jets. Observers expect it to join the "
        "fleet in a year.",
    ),
    Judged(
        "military",
        "Hackers Tied to Chengdu Contractor Broke into Port Networks",
        "A security firm says that hackers spent eight months inside the networks of three ports. The "
        "malware resembles tools from earlier espionage by the same group. An intelligence agency issued "
        "a warning.",
        also=frozenset({"technology"}),
    ),
    # --- general ---
    Judged(
        "general",
        "A Stonemason's Forty Winters on One Bridge",
        "Every winter he replaces what the ice has broken. He has kept count in chalk beneath the third "
        "arch. His daughter says that she will go on with it.",
    ),
    Judged(
        "general",
        "Rare Orchid Found Again After Ninety Years",
        "Two hikers saw the flower beside a path in the hills. A botanist confirmed it from their "
        "photographs. The place is kept secret.",
    ),
)
