"""The words that types and industries of companies are chosen from. Others may be stored beside them."""

from __future__ import annotations

TYPES = ("Prospect", "Partner", "Reseller", "Vendor", "Customer")

# One a line: names hold commas.
INDUSTRIES: tuple[str, ...] = tuple(
    """
Accounting
Advertising Services
Airlines and Air Transport
Alternative Dispute Resolution
Alternative Medicine
Animation
Apparel and Fashion
Architecture and Planning
Arts and Crafts
Automation Machinery
Automotive
Aviation and Aerospace
Banking
Beverages
Biotechnology
Book Publishing
Broadcast Media
Building Materials
Business Supplies and Equipment
Capital Markets
Chemicals
Civic and Social Organizations
Civil Engineering
Commercial Real Estate
Computer and Network Security
Computer Games
Computer Hardware
Computer Networking
Computer Software
Construction
Consumer Electronics
Consumer Goods
Consumer Services
Cosmetics
Dairy
Defense and Space
Dental Care
Design
E-Learning
Education Management
Electrical Manufacturing
Electronics Manufacturing
Entertainment
Environmental Services
Event Services
Executive Offices
Facilities Services
Farming
Film and Video Production
Financial Services
Fine Art
Food and Beverages
Food Production
Freight and Packages
Fund-Raising
Furniture
Gambling and Casinos
Glass, Ceramics and Concrete
Government Administration
Government Relations
Graphic Design
Health, Wellness and Fitness
Higher Education
Hospital and Health Care
Hospitality
Human Resources
Import and Export
Individual and Family Services
Industrial Machinery
Information Services
Information Technology and Services
Insurance
International Affairs
International Trade and Development
Internet
Investment Banking
Investment Management
Judiciary
Landscaping and Gardening
Law Enforcement
Law Practice
Legislative Offices
Leisure, Travel and Tourism
Libraries
Logistics and Supply Chain
Luxury Goods and Jewelry
Management Consulting
Maritime
Market Research
Marketing and Sales
Mechanical Engineering
Media Production
Medical Devices
Medical Practice
Mental Health Care
Military
Mining and Metals
Motion Pictures
Museums and Institutions
Music
Nanotechnology
Newspapers
Non-Profit Organization Management
Oil and Gas
Online Media
Online Retail
Outsourcing and Offshoring
Packaging and Containers
Paper and Forest Products
Performing Arts
Pharmaceuticals
Philanthropy
Photography
Physical Security
Plastics
Primary and Secondary Education
Printing
Professional Training and Coaching
Public Policy
Public Relations and Communications
Public Safety
Real Estate
Recreational Facilities and Services
Recycling and Waste
Religious Institutions
Renewable Energy
Research
Restaurants
Retail
Semiconductors
Shipbuilding
Sporting Goods
Staffing and Recruiting
Supermarkets
Telecommunications
Think Tanks
Tobacco
Translation and Localization
Utilities
Venture Capital and Private Equity
Veterinary
Warehousing
Water Supply
Wholesale
Wine and Spirits
Wireless
Writing and Editing
""".strip().splitlines()
)
